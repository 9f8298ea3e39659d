// Curves in a frame with axes, and a legend, on a sheet: dcgan_course.drawing.axes.

import { COLOURS } from "./colours.mjs";

// A line through points [[x, y], …]; dotted: pieces of 6 pixels with gaps of 6.
export function path(sheet, points, colour, { line = 1, dotted = false } = {}) {
  const pen = sheet.context;
  Object.assign(pen, { strokeStyle: COLOURS[colour], lineWidth: line, lineJoin: "round" });
  pen.setLineDash(dotted ? [6, 6] : []);
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
  pen.setLineDash([]);
}

// Writes [colour, text] entries beside each other, as many in a row as fit; returns the y of the last row.
export function legend(sheet, left, y, entries) {
  let x = left;
  for (const [colour, text] of entries) {
    const wide = 28 + sheet.textWidth(text);
    if (x > left && x + wide > sheet.width - 4) {
      x = left;
      y += 20;
    }
    path(sheet, [[x, y], [x + 20, y]], colour, { line: 4 });
    sheet.text(x + 28, y, text);
    x += wide + 18;
  }
  return y;
}

// A frame with axes. frame: left, top, width, height; ranges: what its edges stand for.
export class LinePlot {
  constructor(sheet, [left, top, width, height], [low, high], [bottom, ceiling]) {
    Object.assign(this, { sheet, left, top, width, height });
    const share = (value, from, to) => Math.min(Math.max((value - from) / (to - from), 0), 1);
    this.across = (x) => left + width * share(x, low, high);
    this.down = (y) => top + height * (1 - share(y, bottom, ceiling)); // what lies outside is put on the edge
    sheet.box(left, top, width, height, { outline: "grey" });
  }

  // Draws y over x, without the places where y is not finite.
  curve(x, y, colour, { line = 3, dotted = false } = {}) {
    const points = [];
    for (let i = 0; i < y.length; i++) if (Number.isFinite(y[i])) points.push([this.across(x[i]), this.down(y[i])]);
    path(this.sheet, points, colour, { line, dotted });
  }

  // A thin line across at y, with its number to the left of the frame.
  level(y, text) {
    const height = this.down(y);
    path(this.sheet, [[this.left, height], [this.left + this.width, height]], "light");
    this.sheet.text(this.left - 6, height, text, { align: "right" });
  }

  // Numbers under the frame.
  xNumbers(numbers) {
    for (const number of numbers) {
      const words = String(number).replace("-", "−");
      this.sheet.text(this.across(number), this.top + this.height + 12, words, { align: "center" });
    }
  }
}
