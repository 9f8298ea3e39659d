// One unit, drawn as dcgan_course.interpretability.unit_figures draws it: its top pictures with the windows framed and the
// responses beneath, the windows enlarged, the guided and the plain gradient in them. Where the page is narrow, the
// pictures stand in two groups.

import { frameOnPicture, partInside } from "./windows.mjs";

const ROW_NAMES = ["pictures", "window, enlarged", "guided gradient", "plain gradient"];
const TILE_GAP = 5;
const LARGEST_TILE = 64;
const RESPONSE_SPACE = 22; // below the pictures
const HATCH_GAP = 5;

// facts: of the run. pictures: their sheet. layer: facts and sheets of the layer.
export function drawUnit(sheet, title, facts, pictures, layer, unit) {
  const told = layer.units[unit];
  const count = told.pictures.length;
  const narrow = sheet.canvas.clientWidth < 500;
  const across = narrow ? Math.ceil(count / 2) : count;
  const left = narrow ? 4 : 140;
  const nameSpace = narrow ? 22 : 0;
  const side = Math.min(LARGEST_TILE, Math.floor((sheet.canvas.clientWidth - left - 4) / across) - TILE_GAP);
  const heights = tileHeights(side, facts.size, layer.window);
  const groups = Array.from({ length: Math.ceil(count / across) }, (_, i) => i * across);
  const groupHigh = RESPONSE_SPACE + heights.reduce((sum, high) => sum + high + TILE_GAP + nameSpace, 0);
  sheet.begin(() => 30 + groups.length * groupHigh);
  sheet.text(4, 14, title, { size: 15, bold: true });
  let y = 30;
  for (const first of groups) {
    ROW_NAMES.forEach((name, row) => {
      if (narrow) sheet.text(left, y + nameSpace / 2, name);
      else sheet.text(left - TILE_GAP, y + heights[row] / 2, name, { align: "right" });
      y += nameSpace;
      for (let number = first; number < Math.min(first + across, count); number++) {
        const x = left + (number - first) * (side + TILE_GAP);
        drawTile(sheet, facts, pictures, layer, { unit, told, number, row }, [x, y, side, heights[row]]);
      }
      y += heights[row] + TILE_GAP + (row === 0 ? RESPONSE_SPACE : 0);
    });
  }
}

function tileHeights(side, [height, width], [windowHigh, windowWide]) {
  const enlarged = Math.round((side * windowHigh) / windowWide);
  return [Math.round((side * height) / width), enlarged, enlarged, enlarged];
}

function drawTile(sheet, facts, pictures, layer, { unit, told, number, row }, [x, y, wide, high]) {
  const { size, columns: inARow } = facts;
  const place = told.pictures[number];
  const [pictureX, pictureY] = [(place % inARow) * size[1], Math.floor(place / inARow) * size[0]];
  const corner = told.corners[number];
  sheet.context.imageSmoothingEnabled = false;
  if (row === 0) {
    sheet.context.drawImage(pictures, pictureX, pictureY, size[1], size[0], x, y, wide, high);
    frameWindow(sheet, [x, y], frameOnPicture(corner, layer.window, size, [wide, high]));
    sheet.text(x + wide / 2, y + high + 11, told.responses[number], { align: "center", most: wide + TILE_GAP - 2 });
    return;
  }
  const inside = partInside(corner, layer.window, size, [wide, high]);
  if (!inside.whole) hatch(sheet, [x, y, wide, high]);
  const [toX, toY, toWide, toHigh] = inside.inTile;
  const [fromX, fromY, fromWide, fromHigh] = row === 1 ? inside.ofPicture : inside.ofWindow;
  const source = [pictures, layer.guided, layer.plain][row - 1];
  const [startX, startY] =
    row === 1 ? [pictureX, pictureY] : [number * layer.window[1], unit * layer.window[0]];
  const target = [x + toX, y + toY, toWide, toHigh];
  sheet.context.drawImage(source, startX + fromX, startY + fromY, fromWide, fromHigh, ...target);
}

// Dark orange round white: it shows on every ground.
function frameWindow(sheet, [x, y], [left, top, wide, high]) {
  sheet.box(x + left - 0.75, y + top - 0.75, wide + 1.5, high + 1.5, { outline: "orange", line: 1.5 });
  sheet.box(x + left + 0.5, y + top + 0.5, wide - 1, high - 1, { outline: "paper", line: 1 });
}

// Slanted lines: there is no picture here.
function hatch(sheet, [x, y, wide, high]) {
  const { context } = sheet;
  sheet.box(x, y, wide, high, { fill: "paper", outline: null });
  context.beginPath();
  for (let start = HATCH_GAP; start < wide + high; start += HATCH_GAP) {
    const [first, last] = [Math.max(0, start - high), Math.min(start, wide)]; // x + y is the same along a line
    context.moveTo(x + first, y + start - first);
    context.lineTo(x + last, y + start - last);
  }
  Object.assign(context, { strokeStyle: "#8a8a8a", lineWidth: 0.5 });
  context.stroke();
}
