// A convolution drawn as three tables, as dcgan_course.convolution.scene_figures: padded input with the window on it,
// kernel, output. They stand side by side where the page is wide, and below each other where it is narrow.

const LARGEST_CELL = 44;
const SMALLEST_CELL_DRAWN = 4;
const NAME = { size: 15, bold: true };
const NAME_SPACE = 26; // above each table
const NOTE_SPACE = 20; // for each line below the kernel
const SYMBOL_SPACE = 36; // before kernel and output, for the star and the equals sign
const SYMBOLS = ["", "⋆", "="];
const SYMBOL_SIZES = [0, 44, 28]; // the star is small in its font
const ARRANGEMENTS = [[[0, 1, 2]], [[0], [1, 2]], [[0, 1], [2]], [[0], [1], [2]]]; // tables in rows
const WORTH_IT = 1.15; // times larger must the squares be for more rows

// filled: how many output squares hold a number already. place: [row, column] of the window's output square.
export function drawScene(sheet, scene, place, filled) {
  const parts = [
    (x, y, cell) => drawInput(sheet, scene, x, y, cell, place),
    (x, y, cell) => drawKernel(sheet, scene, x, y, cell),
    (x, y, cell) => drawOutput(sheet, scene, x, y, cell, place, filled),
  ];
  const blocks = blocksOf(sheet, scene);
  const { rows, cell, heights } = bestLayout(sheet, blocks);
  let top = (sheet.height - heights.reduce((a, b) => a + b)) / 2;
  rows.forEach((row, number) => {
    let left = (sheet.width - rowWidth(row, blocks, cell)) / 2;
    const middle = top + NAME_SPACE + (heights[number] - NAME_SPACE) / 2;
    for (const which of row) {
      const { size, name, notes, least } = blocks[which];
      if (which > 0) {
        sheet.text(left + SYMBOL_SPACE / 2, middle, SYMBOLS[which], {
          size: SYMBOL_SIZES[which],
          align: "center",
        });
        left += SYMBOL_SPACE;
      }
      const slot = Math.max(size * cell, least);
      const [x, y] = [left + (slot - size * cell) / 2, middle - (size * cell) / 2];
      sheet.text(left + slot / 2, y - 7, name, { ...NAME, align: "center", baseline: "alphabetic" });
      parts[which](x, y, cell);
      notes.forEach((note, line) =>
        sheet.text(left + slot / 2, y + size * cell + NOTE_SPACE * (line + 0.6), note, { align: "center" }),
      );
      left += slot;
    }
    top += heights[number];
  });
}

// A window that sticks out of its padded input.
export function drawImpossible(sheet, scene) {
  const squares = Math.max(scene.span, scene.padded.length);
  sheet.text(16, 20, "No output", { size: 18, bold: true, colour: "orange" });
  const advice = "Choose a smaller kernel or dilation, or a larger input or padding.";
  const top = sheet.paragraph(16, 36, sheet.width - 32, advice) + 10;
  const cell = Math.min(LARGEST_CELL, (sheet.height - top - 12) / squares, (sheet.width - 12) / squares);
  drawInput(sheet, scene, (sheet.width - cell * squares) / 2, top, cell, [0, 0]);
}

function blocksOf(sheet, scene) {
  const named = (name, size) => `${name}: ${size} × ${size}`;
  const [input, kernel, output] = [scene.padded.length, scene.kernelSize, scene.outputSize];
  const notes = [];
  if (scene.dilation > 1) notes.push(`on every ${scene.dilation}${{ 2: "nd", 3: "rd" }[scene.dilation]} square`);
  if (scene.divisor !== 1) notes.push(`then ÷ ${scene.divisor}`);
  const blocks = [
    { size: input, name: named(scene.padding ? "input, padded" : "input", input), notes: [] },
    { size: kernel, name: named("kernel", kernel), notes },
    { size: output, name: named("output", output), notes: [] },
  ];
  for (const block of blocks) {
    // Notes stand lower than the symbols beside the table, and may use their space.
    const widths = block.notes.map((note) => sheet.textWidth(note) - SYMBOL_SPACE);
    block.least = Math.max(sheet.textWidth(block.name, NAME), ...widths);
  }
  return blocks;
}

function rowWidth(row, blocks, cell) {
  const slots = row.map((which) => Math.max(blocks[which].size * cell, blocks[which].least));
  return slots.reduce((a, b) => a + b) + SYMBOL_SPACE * row.filter((which) => which > 0).length;
}

function rowHeight(row, blocks, cell) {
  // Tables stand in the middle of their row, so that the notes count on both sides.
  const heights = row.map((which) => blocks[which].size * cell + 2 * NOTE_SPACE * blocks[which].notes.length);
  return NAME_SPACE + Math.max(...heights);
}

// The rows of tables whose squares are largest, among those that fit on the sheet.
function bestLayout(sheet, blocks) {
  let best = null;
  for (const rows of ARRANGEMENTS) {
    const heightsOf = (cell) => rows.map((row) => rowHeight(row, blocks, cell));
    const fits = (cell) =>
      rows.every((row) => rowWidth(row, blocks, cell) <= sheet.width - 8) &&
      heightsOf(cell).reduce((a, b) => a + b) <= sheet.height - 8;
    let cell = LARGEST_CELL;
    while (cell > SMALLEST_CELL_DRAWN && !fits(cell)) cell -= 0.5;
    if (!best || cell > WORTH_IT * best.cell) best = { rows, cell, heights: heightsOf(cell) };
  }
  return best;
}

function drawInput(sheet, scene, x, y, cell, [row, column]) {
  const { padded, padding, inputSize, stride, span, dilation } = scene;
  const [top, left] = [row * stride, column * stride];
  const seen = (n, start) => n >= start && n < start + span && (n - start) % dilation === 0;
  const inside = (n) => n >= padding && n < padding + inputSize;
  const fills = padded.map((line, r) =>
    line.map((value, c) => {
      if (seen(r, top) && seen(c, left)) return "peach";
      if (!inside(r) || !inside(c)) return "light";
      return value > 0 ? "sky" : "paper";
    }),
  );
  sheet.table(padded, x, y, cell, cell, fills);
  if (padding) {
    const corner = [x + padding * cell, y + padding * cell];
    sheet.frame(...corner, cell, inputSize, inputSize, { colour: "blue", line: 2 });
  }
  sheet.frame(x + left * cell, y + top * cell, cell, span, span, { line: 4 });
}

function drawKernel(sheet, { taps }, x, y, cell) {
  sheet.table(taps, x, y, cell, cell, taps.map((line) => line.map(() => "peach")));
}

function drawOutput(sheet, { output, outputSize }, x, y, cell, [row, column], filled) {
  const shown = output.map((line, r) => line.map((value, c) => (r * outputSize + c < filled ? value : null)));
  const fills = shown.map((line) => line.map((value) => (value > 0 ? "mint" : value < 0 ? "purple" : "paper")));
  sheet.table(shown, x, y, cell, cell, fills);
  sheet.frame(x + column * cell, y + row * cell, cell, 1, 1, { line: 4 });
}
