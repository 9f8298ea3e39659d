// A white sheet to draw tables of numbers on, in the colours of dcgan_course.drawing.canvas. Lengths are in CSS pixels.

import { COLOURS, DARK, INKS } from "./colours.mjs";
import { element } from "./controls.mjs";
import { numberText } from "./number_text.mjs";

const LETTERS = 14; // pixels: nothing is written smaller
const SMALLEST_CELL = 15; // squares below it stay without a number
const SQUEEZE = 0.65; // how narrow the letters of a number may become
const SMALLEST_LINED = 5; // lines between squares below it would cover the colours

export class Sheet {
  constructor(label) {
    this.canvas = element("canvas", { className: "explorer-drawing" });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    // Drawn by the processor: the sheets are small, and a way to the graphics card and back takes longer.
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  // Begin anew: as wide as the page lets it be, `tall(width)` high.
  begin(tall) {
    const scale = Math.max(window.devicePixelRatio, 1);
    this.width = this.canvas.clientWidth;
    this.height = tall(this.width);
    this.canvas.style.height = `${this.height}px`;
    const [wide, high] = [this.width, this.height].map((length) => Math.round(length * scale));
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
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
    Object.assign(this.context, { fillStyle: INKS[colour], textAlign: align, textBaseline: baseline });
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

  // Text in lines of at most `width`, from y down; returns where the next line would stand.
  paragraph(x, y, width, text, options = {}) {
    const { size = LETTERS } = options;
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (this.textWidth(longer, options) > width && lines.at(-1)) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    const step = Math.round(1.3 * size);
    lines.forEach((line, number) => this.text(x, y + step * (number + 0.5), line, options));
    return y + step * lines.length;
  }

  // values: rows of numbers; null leaves a square empty. fills: rows of colour names.
  // Either all numbers of a table are written, or none where one would be too small to read.
  table(values, x, y, width, height, fills) {
    fills.forEach((line, row) =>
      line.forEach((fill, column) => {
        if (fill === "paper") return; // as the sheet itself
        this.context.fillStyle = COLOURS[fill];
        // What is lower than a pixel is drawn as one pixel, so that it is seen.
        this.context.fillRect(x + column * width, y + row * height, Math.max(width, 1), Math.max(height, 1));
      }),
    );
    this.lines(x, y, width, height, fills.length, fills[0].length);
    if (!this.numbersFit(values, width, height)) return;
    const size = Math.max(LETTERS, 0.42 * height);
    values.forEach((line, row) =>
      line.forEach((value, column) => {
        if (value === null) return;
        const colour = DARK.includes(fills[row][column]) ? "paper" : "ink";
        const middle = [x + (column + 0.5) * width, y + (row + 0.5) * height + 1];
        this.text(...middle, numberText(value), { size, colour, align: "center", most: width - 3 });
      }),
    );
  }

  lines(x, y, width, height, rows, columns) {
    const { context } = this;
    const every = Math.min(width, height) >= SMALLEST_LINED;
    context.beginPath();
    for (let row = 0; row <= rows; row += every ? 1 : rows) {
      context.moveTo(x, y + row * height);
      context.lineTo(x + columns * width, y + row * height);
    }
    for (let column = 0; column <= columns; column += every ? 1 : columns) {
      context.moveTo(x + column * width, y);
      context.lineTo(x + column * width, y + rows * height);
    }
    Object.assign(context, { strokeStyle: COLOURS.grey, lineWidth: 1 });
    context.stroke();
  }

  numbersFit(values, width, height) {
    if (Math.min(width, height) < SMALLEST_CELL) return false;
    const longest = values.flat().reduce((most, value) => {
      const text = value === null ? "" : numberText(value);
      return text.length > most.length ? text : most;
    }, "");
    return this.textWidth(longest) * SQUEEZE <= width - 3;
  }
}
