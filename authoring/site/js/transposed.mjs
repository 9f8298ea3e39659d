// One transposed convolution with all its numbers, and its words: dcgan_course.convolution.transposed and
// widgets.transposed. Input and weights are 1, 2, 3 …, so that all sums are whole numbers and exact.

import { numberText } from "./number_text.mjs";
import { square } from "./scene.mjs";

// On a page nothing is computed by PyTorch; the test that says so is in tests/site.
const CHECKED_TRANSPOSED = "a test of the course found every setting equal to conv_transpose2d";

export class TransposedLayer {
  constructor({ inputSize, kernelSize, stride, padding, dilation, outputPadding }) {
    Object.assign(this, { inputSize, kernelSize, stride, padding, dilation, outputPadding });
    this.reach = dilation * (kernelSize - 1) + 1; // side of the square that one stamp covers
    this.uncutSize = (inputSize - 1) * stride + this.reach; // of the sheet that all stamps cover
    this.slidePadding = this.reach - 1 - padding; // p′: what the zero-inserted input is padded with, or cut by
    this.outputSize = this.uncutSize - 2 * padding + outputPadding;
    this.problem = this.whyRefused();
    if (this.problem) return;
    this.input = square(inputSize, (row, column) => row * inputSize + column + 1);
    this.kernel = square(kernelSize, (row, column) => row * kernelSize + column + 1);
    this.turned = this.kernel.map((line) => [...line].reverse()).reverse();
    this.matrix = this.matrixTransposed();
    this.padded = this.paddedInput();
    this.slid = square(this.outputSize, (row, column) => this.windowAt(row, column));
    this.product = this.matrix.map((line) => dot(line, this.input.flat()));
    this.cut = this.cutOut(this.stamped(inputSize ** 2));
  }

  // The sentence for a layer that PyTorch refuses; "" for one that works.
  whyRefused() {
    const { stride: s, dilation: d, padding: p, outputPadding } = this;
    if (outputPadding >= Math.max(s, d)) {
      return (
        `output_padding is ${outputPadding}, but it must be smaller than the larger one of stride (${s}) ` +
        `and dilation (${d}); take at most ${Math.max(s, d) - 1}.`
      );
    }
    const uncut = this.uncutSize + outputPadding;
    if (uncut - 2 * p < 1) {
      return (
        `padding is ${p}: it cuts 2·${p} pixels off an output of ${uncut}, and no pixel is left; ` +
        `take a padding of at most ${Math.floor((uncut - 1) / 2)}.`
      );
    }
    return "";
  }

  get formula() {
    const { inputSize: i, kernelSize: k, stride: s, padding: p, dilation: d, outputPadding, outputSize } = this;
    return `(${i} − 1)·${s} − 2·${p} + ${d}·(${k} − 1) + ${outputPadding} + 1 = ${numberText(outputSize)}`;
  }

  // Cᵀ: a row for each output, a column for each input. Output r holds tap (r + p − a·s) / d of input a.
  matrixTransposed() {
    const { outputSize: o, inputSize: i, kernelSize: k, stride, padding, dilation } = this;
    const tap = (out, into) => {
      const which = (out + padding - into * stride) / dilation;
      return Number.isInteger(which) && which >= 0 && which < k ? which : null;
    };
    return Array.from({ length: o * o }, (_, out) =>
      Array.from({ length: i * i }, (_, into) => {
        const row = tap(Math.floor(out / o), Math.floor(into / i));
        const column = tap(out % o, into % i);
        return row === null || column === null ? 0 : this.kernel[row][column];
      }),
    );
  }

  // The sheet after the first `count` inputs have stamped the kernel; nothing is cut off.
  stamped(count) {
    const { inputSize: i, stride, dilation } = this;
    const sheet = square(Math.max(this.uncutSize, this.padding + this.outputSize), () => 0);
    this.input
      .flat()
      .slice(0, count)
      .forEach((value, index) => {
        const [top, left] = [Math.floor(index / i) * stride, (index % i) * stride];
        this.kernel.forEach((line, y) =>
          line.forEach((weight, x) => (sheet[top + y * dilation][left + x * dilation] += value * weight)),
        );
      });
    return sheet;
  }

  // What padding and output_padding keep of the stamped sheet.
  cutOut(sheet) {
    return square(this.outputSize, (row, column) => sheet[row + this.padding][column + this.padding]);
  }

  // The input with stride − 1 zeros between its numbers.
  insertedZeros() {
    const { stride } = this;
    return square((this.inputSize - 1) * stride + 1, (row, column) =>
      row % stride || column % stride ? 0 : this.input[row / stride][column / stride],
    );
  }

  // The zero-inserted input after padding by p′, and by output_padding at the right and bottom.
  paddedInput() {
    const [inserted, p] = [this.insertedZeros(), this.slidePadding];
    return square(this.outputSize + this.reach - 1, (row, column) => inserted[row - p]?.[column - p] ?? 0);
  }

  // Rows of what the turned kernel sees at one output square.
  seenAt(row, column) {
    return this.turned.map((line, y) =>
      line.map((_, x) => this.padded[row + y * this.dilation][column + x * this.dilation]),
    );
  }

  windowAt(row, column) {
    return dot(this.seenAt(row, column).flat(), this.turned.flat());
  }

  // How far the three views are from each other, at most.
  largestDifference() {
    const [stamps, slid] = [this.cut.flat(), this.slid.flat()];
    const apart = this.product.map((value, i) => Math.max(Math.abs(value - stamps[i]), Math.abs(value - slid[i])));
    return Math.max(...apart);
  }

  // The sum that the window makes at one output square: input · weight for inputs that are not 0.
  windowSum(outputSquare) {
    const [row, column] = placeOf(outputSquare, this.outputSize);
    const weights = this.turned.flat();
    const terms = this.seenAt(row, column)
      .flat()
      .flatMap((value, i) => (value ? [`${numberText(value)}·${numberText(weights[i])}`] : []));
    if (terms.length === 0) return "no input reached = 0";
    const most = Math.max(...terms.map((term) => term.length)) < 5 ? 4 : 3;
    const more = terms.length > most ? " + …" : "";
    return `${terms.slice(0, most).join(" + ")}${more} = ${numberText(this.slid[row][column])}`;
  }

  // What the views show: size, padding and p′, the two squares (from 0), and how well the views agree.
  sentences(inputSquare, outputSquare) {
    const [a, b] = placeOf(inputSquare, this.inputSize);
    const [r, c] = placeOf(outputSquare, this.outputSize);
    const value = numberText(this.input[a][b]);
    return [
      `Output size (i − 1)·s − 2p + d·(k − 1) + output_padding + 1: <b>${this.formula}</b>.`,
      `The argument is <b>p = ${this.padding}</b>. The zero-inserted input is ${this.border()}.`,
      `Input square ${inputSquare + 1} (row ${a + 1}, column ${b + 1}) holds ${value}: it stamps ${value} × kernel. ` +
        `Output square ${outputSquare + 1} (row ${r + 1}, column ${c + 1}): ${this.windowSum(outputSquare)}.`,
      `Largest difference between the three views ${this.largestDifference().toFixed(6)}; ${CHECKED_TRANSPOSED}.`,
    ];
  }

  // What is done to the zero-inserted input at its four sides; output_padding belongs to two of them.
  border() {
    const [p, extra] = [this.slidePadding, this.outputPadding];
    if (p >= 0) {
      const more = extra ? `, and output_padding adds ${extra} at the right and at the bottom` : "";
      return `<b>padded by p′ = ${p}</b>${more}`;
    }
    if (!extra) return `<b>cut by ${-p} on each side</b>, because p′ = −${-p} is below 0`;
    const rest = p + extra;
    const there = rest < 0 ? `cut by ${-rest}` : rest ? `padded by ${rest}` : "neither cut nor padded";
    return (
      `<b>cut by ${-p} at the left and at the top</b>, because p′ = −${-p} is below 0. At the right and at the bottom ` +
      `it is <b>${there}</b>: p′ + output_padding = −${-p} + ${extra} = ${numberText(rest)}`
    );
  }
}

export function placeOf(number, size) {
  return [Math.floor(number / size), number % size];
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
