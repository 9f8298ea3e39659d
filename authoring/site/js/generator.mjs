// A recorded generator: z goes in, a picture in [−1, 1] comes out. Maps are held square by square, all channels of a
// square side by side, so that a kernel is stamped channel by channel on numbers that lie together.

import { halves, singles } from "./numbers.mjs";

export class Generator {
  // facts: as authoring.site.generators writes them.
  constructor(facts) {
    this.latentDim = facts.latent_dim;
    [this.channels, this.height, this.width] = facts.image_shape;
    this.layers = facts.layers.map(unpacked);
    this.classNames = facts.class_names;
    const vectors = facts.label_vectors ? singles(facts.label_vectors) : new Float32Array(0);
    const wide = this.classNames.length ? vectors.length / this.classNames.length : 0;
    this.labelVectors = this.classNames.map((_, i) => vectors.subarray(i * wide, (i + 1) * wide));
  }

  // The numbers that stand for what a conditional generator is asked for: (1 − share) of one class, share of another.
  asked(label, other, share) {
    const [first, second] = [this.labelVectors[label], this.labelVectors[other]];
    return Float32Array.from(first, (value, i) => value + share * (second[i] - value));
  }

  // Returns the picture, square by square: height · width · channels numbers.
  draw(z, vector = []) {
    let maps = new Float32Array(z.length + vector.length);
    maps.set(z);
    maps.set(vector, z.length);
    let [height, width] = [1, 1];
    for (const layer of this.layers) {
      [maps, height, width] = layer.kind === "linear" ? linear(layer, maps) : stamp(layer, maps, height, width);
      finish(layer, maps);
    }
    // A linear generator ends with channels before squares.
    return height === 1 ? squareBySquare(maps, this.channels, this.height * this.width) : maps;
  }
}

function unpacked(layer) {
  const weight = halves(layer.weight); // (inputs, outputs) or (inputs, rows, columns, outputs)
  const scale = layer.scale ? singles(layer.scale) : null;
  const shift = layer.shift ? singles(layer.shift) : null;
  return { ...layer, weight, scale, shift };
}

function linear({ weight, outputs }, input) {
  const result = new Float32Array(outputs);
  addRows(result, 0, outputs, weight, rowsOf(input, 0, input.length), outputs, 0);
  return [result, 1, 1];
}

// A transposed convolution: each square stamps the kernel, times its number, onto the output (lesson 02).
function stamp({ weight, inputs, outputs, kernel, stride, padding, output_padding: more }, maps, height, width) {
  const [rows, columns] = kernel;
  const high = (height - 1) * stride[0] - 2 * padding[0] + rows + more[0];
  const wide = (width - 1) * stride[1] - 2 * padding[1] + columns + more[1];
  const result = new Float32Array(high * wide * outputs);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const lit = rowsOf(maps, (y * width + x) * inputs, inputs);
      for (let row = 0; row < rows; row++) {
        const top = y * stride[0] - padding[0] + row;
        if (top < 0 || top >= high) continue;
        for (let column = 0; column < columns; column++) {
          const left = x * stride[1] - padding[1] + column;
          if (left < 0 || left >= wide) continue;
          const place = (top * wide + left) * outputs;
          addRows(result, place, outputs, weight, lit, rows * columns * outputs, (row * columns + column) * outputs);
        }
      }
    }
  }
  return [result, high, wide];
}

// The channels of a square that are not 0, and their numbers: ReLU leaves half of them, and 0 stamps nothing.
function rowsOf(maps, begin, count) {
  const [which, values] = [new Int32Array(count + 3), new Float32Array(count + 3)];
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (maps[begin + i] !== 0) {
      which[found] = i;
      values[found++] = maps[begin + i];
    }
  }
  return { which, values, found };
}

// result[place …] += Σ value · weight[row · step + offset …], four rows at once: a quarter of the reads and writes. Rows
// beyond the last count 0 times row 0.
function addRows(result, place, outputs, weight, { which, values, found }, step, offset) {
  for (let i = 0; i < found; i += 4) {
    const [v0, v1, v2, v3] = [values[i], values[i + 1], values[i + 2], values[i + 3]];
    const w0 = which[i] * step + offset;
    const w1 = which[i + 1] * step + offset;
    const w2 = which[i + 2] * step + offset;
    const w3 = which[i + 3] * step + offset;
    for (let o = 0; o < outputs; o++) {
      result[place + o] += v0 * weight[w0 + o] + v1 * weight[w1 + o] + v2 * weight[w2 + o] + v3 * weight[w3 + o];
    }
  }
}

// Batch norm or bias as one scale and one shift for each channel, then ReLU or tanh.
function finish({ scale, shift, outputs, activation }, maps) {
  for (let i = 0; i < maps.length; i++) {
    const o = i % outputs;
    let value = maps[i];
    if (scale) value *= scale[o];
    if (shift) value += shift[o];
    maps[i] = activation === "relu" ? Math.max(value, 0) : Math.tanh(value);
  }
}

function squareBySquare(planes, channels, squares) {
  return planes.map((_, i) => planes[(i % channels) * squares + Math.floor(i / channels)]);
}
