// The three equal views of a transposed convolution, as dcgan_course.convolution.transposed_figures: stamps added up, a
// turned kernel that slides, a product with Cᵀ. Beside each other where the page is wide, else below each other.

import { numberText } from "./number_text.mjs";
import { square } from "./scene.mjs";
import { placeOf } from "./transposed.mjs";

export const VIEW_HEIGHT = 360;
export const NARROW = 640; // sheets below it have the views below each other
const SHARES = [0.27, 0.44, 0.29]; // of the width, for the three views
const GAP = 20; // between views
const [SENTENCE_Y, SMALL_Y, MAIN_Y, FOOT_Y] = [22, 61, 150, 304]; // from the top of a view
const SMALL_SIDE = 80; // of the small tables
const MOST_CELL = { small: 22, main: 38, matrix: 26 };

// inputSquare: number of the input that stamps now, the lit column of Cᵀ. outputSquare: number of the output that the
// window makes now, the lit row. Both from 0.
export function drawThreeViews(sheet, layer, inputSquare, outputSquare) {
  const stacked = sheet.width < NARROW;
  let left = 4;
  [drawStamps, drawSlide, drawProduct].forEach((draw, number) => {
    const width = stacked ? sheet.width - 8 : SHARES[number] * (sheet.width - 2 * GAP - 8);
    const view = { left, top: 4 + (stacked ? number * VIEW_HEIGHT : 0), width };
    draw(sheet, view, layer, inputSquare, outputSquare);
    if (!stacked) left += width + GAP;
  });
}

// What stands in place of the views where a layer cannot work: the reason, and the formula.
export function drawRefused(sheet, layer) {
  const width = sheet.width - 32;
  const title = { size: 18, bold: true, colour: "orange" };
  let y = sheet.paragraph(16, 40, width, "This combination is not possible", title) + 14;
  y = sheet.paragraph(16, y, width, layer.problem, { size: 16 }) + 14;
  sheet.paragraph(16, y, width, `The formula alone would say: ${layer.formula}`, { size: 16 });
}

// View 1: every input stamps the kernel, times its value, `stride` squares further; then p is cut off.
function drawStamps(sheet, { left, top, width }, layer, inputSquare) {
  const { inputSize: i, kernelSize: k, stride, dilation, reach, padding, outputSize } = layer;
  const [row, column] = placeOf(inputSquare, i);
  titles(sheet, left, top, width, "1 · Stamp and add", "Input × kernel, s squares apart; p is cut off.");
  const small = Math.min(MOST_CELL.small, SMALL_SIDE / Math.max(i, k), (width - 32) / (i + k));
  const lit = square(i, (r, c) => (r === row && c === column ? "peach" : "mint"));
  sheet.table(layer.input, left, top + SMALL_Y, small, small, lit);
  const times = [left + i * small + 16, top + SMALL_Y + (i * small) / 2];
  sheet.text(...times, "×", { size: 20, bold: true, align: "center" });
  sheet.table(layer.kernel, left + i * small + 32, top + SMALL_Y, small, small, filled(k, k, "paper"));
  const stamped = layer.stamped(inputSquare + 1);
  const size = stamped.length;
  const cell = Math.min(MOST_CELL.main, width / size, (FOOT_Y - MAIN_Y - 8) / size);
  const readable = sheet.numbersFit(stamped, cell, cell);
  const under = (n, corner) => n >= corner && n < corner + reach && (n - corner) % dilation === 0;
  const kept = (n) => n >= padding && n < padding + outputSize;
  const fills = square(size, (r, c) => {
    if (under(r, row * stride) && under(c, column * stride)) return readable ? "peach" : "orange";
    if (!readable && stamped[r][c] !== 0) return "peach";
    return kept(r) && kept(c) ? "paper" : "light";
  });
  const y = top + MAIN_Y;
  sheet.table(stamped, left, y, cell, cell, fills);
  sheet.frame(left + column * stride * cell, y + row * stride * cell, cell, reach, reach);
  sheet.frame(left + padding * cell, y + padding * cell, cell, outputSize, outputSize, { colour: "ink" });
  const stamp = `stamp ${numberText(layer.input[row][column])} × kernel`;
  const cut = padding ? `outside the black frame: cut by p = ${padding}` : "p = 0: nothing is cut off";
  foot(sheet, left, top, width, stamp, "orange", cut, "ink");
}

// View 2: zeros between the inputs, p′ around them, then the turned kernel slides with stride 1.
function drawSlide(sheet, { left, top, width }, layer, inputSquare, outputSquare) {
  const { kernelSize: k, reach, dilation, outputSize: o, slidePadding, stride } = layer;
  const [row, column] = placeOf(outputSquare, o);
  const sentence = "s − 1 zeros between the inputs, p′ around them, stride 1.";
  titles(sheet, left, top, width, "2 · Slide the turned kernel", sentence);
  const small = Math.min(MOST_CELL.small, SMALL_SIDE / k);
  sheet.table(layer.turned, left, top + SMALL_Y, small, small, filled(k, k, "paper"));
  legendOfSlide(sheet, left + k * small + 16, top + SMALL_Y, layer);
  const { numbers, fills, start } = slideSheet(layer);
  const size = numbers.length;
  const cell = Math.min(MOST_CELL.main, (width - 30) / (size + o), (FOOT_Y - MAIN_Y - 8) / Math.max(size, o));
  for (let r = row + start; r < row + start + reach; r += dilation) {
    for (let c = column + start; c < column + start + reach; c += dilation) {
      fills[r][c] = fills[r][c] === "mint" ? "blue" : "sky";
    }
  }
  const y = top + MAIN_Y;
  sheet.table(numbers, left, y, cell, cell, fills);
  const kept = layer.padded.length;
  sheet.frame(left + start * cell, y + start * cell, cell, kept, kept, { colour: "ink", line: 2 });
  sheet.frame(left + (column + start) * cell, y + (row + start) * cell, cell, reach, reach, { colour: "blue" });
  const [down, right] = placeOf(inputSquare, layer.inputSize).map((n) => n * stride + Math.max(slidePadding, 0));
  sheet.frame(left + right * cell, y + down * cell, cell, 1, 1, { line: 2.5 });
  const x = left + size * cell + 30;
  sheet.text(x - 15, y + (size * cell) / 2, "→", { size: 20, bold: true, align: "center" });
  soFar(sheet, layer.slid, outputSquare, x, y, cell, cell);
  sheet.frame(x + column * cell, y + row * cell, cell, 1, 1, { colour: "blue" });
  const same = `the same sum as row ${outputSquare + 1} · y in view 3`;
  foot(sheet, left, top, width, `window: ${layer.windowSum(outputSquare)}`, "blue", same, "ink");
}

// View 3: Cᵀ · y. The lit column belongs to one input, the lit row to one output.
function drawProduct(sheet, { left, top, width }, layer, inputSquare, outputSquare) {
  const { matrix, product } = layer;
  const [rows, columns] = [matrix.length, matrix[0].length];
  titles(sheet, left, top, width, "3 · Product with Cᵀ", "A column is an input, a row is an output.");
  const y = top + SMALL_Y;
  const tall = FOOT_Y - SMALL_Y - 8;
  const wide = Math.min(MOST_CELL.matrix, (width - 2 * GAP) / (columns + 2));
  const high = Math.min(MOST_CELL.matrix, tall / rows);
  const numbers = matrix.map((line) => line.map((value) => value || null));
  const readable = sheet.numbersFit(numbers, wide, high);
  const [weight, inRow, inColumn] = readable ? ["light", "sky", "peach"] : ["grey", "blue", "orange"];
  const fills = matrix.map((line, r) =>
    line.map((value, c) => {
      if (value === 0) return "paper";
      return r === outputSquare ? inRow : c === inputSquare ? inColumn : weight;
    }),
  );
  sheet.table(numbers, left, y, wide, high, fills);
  sheet.box(left + inputSquare * wide, y, wide, rows * high, { outline: "orange", line: 3 });
  sheet.box(left, y + outputSquare * high, columns * wide, high, { outline: "blue", line: 3 });
  let x = left + columns * wide + GAP;
  sheet.text(x - GAP / 2, y + 12, "·", { size: 20, bold: true, align: "center" });
  const inputs = layer.input.flat().map((value) => [value]);
  const lit = inputs.map((_, c) => [c === inputSquare ? "peach" : "paper"]);
  sheet.table(inputs, x, y, wide, Math.min(MOST_CELL.matrix, tall / columns), lit);
  x += wide + GAP;
  sheet.text(x - GAP / 2, y + 12, "=", { size: 20, bold: true, align: "center" });
  const outputs = product.map((value) => [value]);
  soFar(sheet, outputs, outputSquare, x, y, wide, high);
  const value = `row ${outputSquare + 1} · y = ${numberText(product[outputSquare])}`;
  const stamp = `column ${inputSquare + 1}: the stamp of input ${inputSquare + 1}`;
  foot(sheet, left, top, width, value, "blue", stamp, "orange");
}

// An output that is filled square by square; without numbers the filled ones need a colour.
function soFar(sheet, output, current, x, y, width, height) {
  const [done, now] = sheet.numbersFit(output, width, height) ? ["paper", "sky"] : ["sky", "blue"];
  const columns = output[0].length;
  const each = (get) => output.map((line, r) => line.map((value, c) => get(r * columns + c, value)));
  const fills = each((place) => (place === current ? now : place < current ? done : "paper"));
  const shown = each((place, value) => (place <= current ? value : null));
  sheet.table(shown, x, y, width, height, fills);
}

// What view 2 slides over, its colours, and where the kept part begins: above 0 if p′ is below 0.
function slideSheet(layer) {
  const { slidePadding: p, outputPadding, stride } = layer;
  const inserted = layer.insertedZeros();
  const [low, high, start] = [Math.max(p, 0), Math.max(p + outputPadding, 0), Math.max(-p, 0)];
  const size = low + inserted.length + high;
  const kept = (n) => n >= start && n < start + layer.padded.length;
  const inside = (n) => n >= low && n < low + inserted.length;
  const numbers = square(size, (r, c) => inserted[r - low]?.[c - low] ?? 0);
  const fills = square(size, (r, c) => {
    if (!kept(r) || !kept(c)) return "grey";
    if (!inside(r) || !inside(c)) return "paper";
    return (r - low) % stride || (c - low) % stride ? "light" : "mint";
  });
  return { numbers, fills, start };
}

// The numbers of the border stand in the words below.
function legendOfSlide(sheet, left, top, { padding, reach, slidePadding: p, outputPadding }) {
  sheet.text(left, top + 8, `p′ = ${reach - 1} − ${padding} = ${numberText(p)}`, { bold: true });
  const rows = [
    ["mint", "input"],
    ["light", "inserted zero"],
  ];
  if (p < 0) rows.push(["grey", "cut"]);
  if (p > 0 || p + outputPadding > 0) rows.push(["paper", "padding"]);
  rows.forEach(([fill, text], number) => {
    const y = top + 19 + 18 * number;
    sheet.box(left, y, 14, 14, { fill });
    sheet.text(left + 22, y + 8, text);
  });
}

function titles(sheet, left, top, width, title, sentence) {
  sheet.text(left, top + 10, title, { size: 16, bold: true });
  sheet.paragraph(left, top + SENTENCE_Y, width, sentence);
}

function foot(sheet, left, top, width, first, firstColour, second, secondColour) {
  const y = sheet.paragraph(left, top + FOOT_Y, width, first, { bold: true, colour: firstColour });
  sheet.paragraph(left, y, width, second, { colour: secondColour });
}

function filled(rows, columns, fill) {
  return Array.from({ length: rows }, () => Array(columns).fill(fill));
}
