// One picture, one kernel, and what the window sees at each place: numbers and words of dcgan_course.convolution.scene
// and of widgets.convolution.

import { numberText } from "./number_text.mjs";

// On a page nothing is computed by PyTorch; the test that says so is in tests/site.
const CHECKED = "A test of the course found every setting equal to torch.nn.functional.conv2d";

export class Scene {
  // picture: rows of numbers. taps: rows of whole numbers; each sum is divided by divisor.
  constructor({ picture, taps, divisor, stride, padding, dilation, paddingValue }) {
    Object.assign(this, { taps, divisor, stride, padding, dilation });
    this.inputSize = picture.length;
    this.kernelSize = taps.length;
    this.span = dilation * (this.kernelSize - 1) + 1;
    const side = this.inputSize + 2 * padding;
    this.padded = square(side, (row, column) => {
      const inside = [row, column].every((n) => n >= padding && n < padding + this.inputSize);
      return inside ? picture[row - padding][column - padding] : paddingValue;
    });
    const lastStart = side - this.span;
    this.outputSize = lastStart >= 0 ? Math.floor(lastStart / stride) + 1 : 0;
    this.output = square(this.outputSize, (row, column) => this.sum(row, column) / divisor);
  }

  // Rows of what stands under the kernel for one output square, counted from 0.
  seen(row, column) {
    return this.taps.map((line, y) =>
      line.map(
        (_, x) => this.padded[row * this.stride + y * this.dilation][column * this.stride + x * this.dilation],
      ),
    );
  }

  sum(row, column) {
    const seen = this.seen(row, column);
    return this.taps.flatMap((line, y) => line.map((tap, x) => tap * seen[y][x])).reduce((a, b) => a + b);
  }

  formula() {
    const inside = `${this.inputSize} + 2·${this.padding} − ${this.dilation}·(${this.kernelSize} − 1) − 1`;
    return `⌊(${inside}) / ${this.stride}⌋ + 1 = ${this.outputSize}`;
  }

  whyImpossible() {
    return (
      `The window spans ${this.dilation}·(${this.kernelSize} − 1) + 1 = ${this.span} squares, but the padded input ` +
      `has only ${this.inputSize} + 2·${this.padding} = ${this.padded.length}: there is no legal place, ` +
      "so there is no output."
    );
  }

  // The sum of products for one output square, a line for each kernel row: picture · kernel.
  productLines(row, column) {
    const factor = (value) => (value < 0 ? `(${numberText(value)})` : numberText(value));
    return this.seen(row, column).map((line, y) => {
      const products = line.map((value, x) => `${factor(value)}·${factor(this.taps[y][x])}`).join(" + ");
      return y === 0 ? products : `+ ${products}`;
    });
  }

  valueText(row, column) {
    const value = numberText(this.output[row][column]);
    return this.divisor === 1 ? `sum ${value}` : `${numberText(this.sum(row, column))} ÷ ${this.divisor} = ${value}`;
  }

  // Three sentences about output square number `index`, from 0; the value is bold.
  sentences(index) {
    const [row, column] = [Math.floor(index / this.outputSize), index % this.outputSize];
    return [
      `Output size ${this.formula()}.`,
      `Square ${index + 1} of ${this.outputSize ** 2}, row ${row + 1}, column ${column + 1}: ` +
        `${this.productLines(row, column).join(" ")}: <b>${this.valueText(row, column)}</b>.`,
      `${CHECKED}.`,
    ];
  }
}

// Rows of the numbers that `at(row, column)` gives.
export function square(size, at) {
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => at(row, column)));
}

// The taps and the divisor of a kernel by its name.
export function kernelTaps(name, size) {
  const [middle, last] = [Math.floor(size / 2), size - 1];
  if (size === 1) return { taps: [[1]], divisor: 1 }; // one square has no neighbours: every kernel copies
  if (name === "blur") return { taps: square(size, () => 1), divisor: size * size };
  if (name === "sharpen") {
    const sharp = (row, column) => {
      if (row === middle && column === middle) return 2 * size - 1; // the sum is 1: an even surface stays
      return row === middle || column === middle ? -1 : 0;
    };
    return { taps: square(size, sharp), divisor: 1 };
  }
  const edge = (n) => (n === 0 ? 1 : n === last ? -1 : 0);
  return { taps: square(size, (row, column) => edge(name === "vertical edge" ? column : row)), divisor: size };
}

// A picture by its name; `random` is the large picture whose corner the random one is.
export function pictureNumbers(name, size, random) {
  if (name === "edge") return square(size, (_, column) => (column < Math.floor((size + 1) / 2) ? 1 : 0));
  if (name === "diagonal") return square(size, (row, column) => (row === column ? 1 : 0));
  return square(size, (row, column) => random[row][column]);
}
