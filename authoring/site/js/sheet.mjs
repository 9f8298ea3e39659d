// A white sheet to draw tables of numbers on, in the colours of dcgan_course.drawing.canvas. Lengths are in CSS pixels.

import { element } from "./controls.mjs";

export const COLOURS = {
  ink: "#1a1a1a",
  grey: "#8a8a8a",
  light: "#e9e9e9",
  paper: "#ffffff",
  blue: "#0072b2",
  sky: "#a6d3ee",
  orange: "#d55e00",
  peach: "#f8d2b3",
  green: "#009e73",
  mint: "#b5e3d4",
  purple: "#cc79a7",
  rust: "#a84a00", // orange words: orange itself is too pale for them on white
};
const LETTERS = 14; // pixels: nothing is written smaller
const SMALLEST_CELL = 16; // squares below it stay without a number
const SQUEEZE = 0.65; // how narrow the letters of a number may become
const SMALLEST_LINED = 5; // lines between squares below it would cover the colours

export class Sheet {
  constructor(label) {
    this.canvas = element("canvas", { className: "explorer-drawing" });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.context = this.canvas.getContext("2d");
  }

  // Begin anew: as wide as the page lets it be, `high(width)` tall.
  begin(high) {
    const scale = Math.max(window.devicePixelRatio, 1);
    this.width = this.canvas.clientWidth;
    this.height = high(this.width);
    this.canvas.style.height = `${this.height}px`;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.box(0, 0, this.width, this.height, { fill: "paper", outline: null });
  }

  // Call `draw` whenever the page gives the sheet another width.
  whenResized(draw) {
    new ResizeObserver(() => {
      if (this.canvas.clientWidth !== this.width) draw();
    }).observe(this.canvas);
  }

  // align: as of a canvas. most: letters are squeezed to be no wider.
  text(x, y, text, { size = LETTERS, bold = false, colour = "ink", align = "left", baseline = "middle", most } = {}) {
    this.font(size, bold);
    Object.assign(this.context, { fillStyle: COLOURS[colour], textAlign: align, textBaseline: baseline });
    this.context.fillText(text, x, y, most);
  }

  textWidth(text, { size = LETTERS, bold = false } = {}) {
    this.font(size, bold);
    return this.context.measureText(text).width;
  }

  font(size, bold) {
    this.context.font = `${bold ? "bold " : ""}${size}px "DejaVu Sans", Verdana, sans-serif`;
  }

  box(x, y, width, height, { fill = null, outline = "ink", line = 1 } = {}) {
    if (fill) {
      this.context.fillStyle = COLOURS[fill];
      this.context.fillRect(x, y, width, height);
    }
    if (outline) {
      Object.assign(this.context, { strokeStyle: COLOURS[outline], lineWidth: line });
      this.context.strokeRect(x, y, width, height);
    }
  }

  frame(x, y, cell, rows, columns, { colour = "orange", line = 3 } = {}) {
    this.box(x, y, columns * cell, rows * cell, { outline: colour, line });
  }

  // values: rows of what stands in the squares, as text; "" leaves one empty. fills: rows of colour names.
  // Either all numbers of a table are written, or none where one would be too small to read.
  table(values, x, y, width, height, fills) {
    const lined = Math.min(width, height) >= SMALLEST_LINED;
    fills.forEach((line, row) =>
      line.forEach((fill, column) => {
        const outline = lined ? "grey" : null;
        this.box(x + column * width, y + row * height, width, height, { fill, outline });
      }),
    );
    this.box(x, y, fills[0].length * width, fills.length * height, { outline: "grey" });
    const size = Math.max(LETTERS, 0.42 * height);
    if (!this.numbersFit(values, width, height)) return;
    values.forEach((line, row) =>
      line.forEach((text, column) => {
        const colour = ["blue", "orange"].includes(fills[row][column]) ? "paper" : "ink";
        const middle = [x + (column + 0.5) * width, y + (row + 0.5) * height + 1];
        if (text) this.text(...middle, text, { size, colour, align: "center", most: width - 3 });
      }),
    );
  }

  numbersFit(values, width, height) {
    if (Math.min(width, height) < SMALLEST_CELL) return false;
    const longest = values.flat().reduce((a, b) => (b.length > a.length ? b : a), "");
    return this.textWidth(longest, { size: LETTERS }) * SQUEEZE <= width - 3;
  }
}
