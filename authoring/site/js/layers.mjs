// Layers that learn, back-propagated by hand. `forward` takes rows of numbers, one row an example, and keeps what
// `backward` needs; `backward` takes the loss's gradient with respect to what came out, and returns that with respect
// to what went in. Parameters are { value, gradient }; each backward writes their gradients anew.

import { multiply, transpose } from "./matrices.mjs";

class Parameter {
  constructor(size, start) {
    this.value = Float64Array.from({ length: size }, start);
    this.gradient = new Float64Array(size);
  }
}

// Numbers to work with again and again; they are made anew only when more are needed.
class Room {
  constructor() {
    this.held = {};
  }

  of(name, size) {
    if (!(this.held[name]?.length >= size)) this.held[name] = new Float64Array(size);
    return this.held[name];
  }
}

// y = x · W + b, W (inputs, outputs). The first weights are nn.Linear's: evenly within ±1/√inputs.
export class Linear {
  constructor(inputs, outputs, random) {
    Object.assign(this, { inputs, outputs, room: new Room() });
    const start = () => (2 * random.uniform() - 1) / Math.sqrt(inputs);
    this.weight = new Parameter(inputs * outputs, start);
    this.bias = new Parameter(outputs, start);
    this.parameters = [this.weight, this.bias];
  }

  startSmall(random) {
    this.weight.value.forEach((_, i, all) => (all[i] = 0.02 * random.normal()));
    this.bias.value.fill(0);
  }

  forward(x, rows) {
    const { outputs } = this;
    [this.x, this.rows] = [x, rows];
    const y = this.room.of("y", rows * outputs);
    multiply(x, this.weight.value, y, rows, this.inputs, outputs);
    for (let r = 0; r < rows; r++) for (let o = 0; o < outputs; o++) y[r * outputs + o] += this.bias.value[o];
    return y;
  }

  // learns: whether the gradients of W and b are wanted. passes: whether that of x is.
  backward(gradient, { learns = true, passes = true } = {}) {
    const { inputs, outputs, rows, room } = this;
    if (learns) {
      const across = room.of("x across", rows * inputs);
      transpose(this.x, across, rows, inputs);
      multiply(across, gradient, this.weight.gradient, inputs, rows, outputs);
      this.bias.gradient.fill(0);
      for (let r = 0; r < rows; r++)
        for (let o = 0; o < outputs; o++) this.bias.gradient[o] += gradient[r * outputs + o];
    }
    if (!passes) return null;
    const across = room.of("W across", inputs * outputs);
    transpose(this.weight.value, across, inputs, outputs);
    const before = room.of("x gradient", rows * inputs);
    multiply(gradient, across, before, rows, outputs, inputs);
    return before;
  }
}

// Each unit is the largest of `pieces` linear functions; in the row of an example, piece 0 of all units comes first.
export class Maxout {
  constructor(inputs, units, pieces, random) {
    Object.assign(this, { units, pieces, room: new Room(), linear: new Linear(inputs, units * pieces, random) });
    this.parameters = this.linear.parameters;
  }

  forward(x, rows) {
    const { units, pieces } = this;
    const answers = this.linear.forward(x, rows);
    const y = this.room.of("y", rows * units);
    const largest = this.room.of("largest", rows * units);
    for (let r = 0; r < rows; r++) {
      for (let u = 0; u < units; u++) {
        const begin = r * units * pieces + u;
        let place = begin;
        for (let p = begin + units; p < begin + units * pieces; p += units) if (answers[p] > answers[place]) place = p;
        y[r * units + u] = answers[place];
        largest[r * units + u] = place;
      }
    }
    return y;
  }

  backward(gradient, wanted) {
    const { units, pieces, linear } = this;
    const { rows } = linear;
    const spread = this.room.of("spread", rows * units * pieces).fill(0);
    const { largest } = this.room.held;
    for (let i = 0; i < rows * units; i++) spread[largest[i]] = gradient[i];
    return linear.backward(spread, wanted);
  }
}

export class Relu {
  constructor() {
    Object.assign(this, { room: new Room(), parameters: [] });
  }

  forward(x, rows, units) {
    const y = (this.y = this.room.of("y", rows * units));
    this.size = rows * units;
    for (let i = 0; i < this.size; i++) y[i] = x[i] > 0 ? x[i] : 0;
    return y;
  }

  backward(gradient) {
    const before = this.room.of("x gradient", this.size);
    for (let i = 0; i < this.size; i++) before[i] = this.y[i] > 0 ? gradient[i] : 0;
    return before;
  }
}

// Batch norm, as nn.BatchNorm1d: by the batch's mean and variance, or with `training` false by the kept ones. Ioffe and
// Szegedy 2015.
export class BatchNorm {
  constructor(units, eps = 1e-5, momentum = 0.1) {
    Object.assign(this, { units, eps, momentum, room: new Room() });
    this.weight = new Parameter(units, () => 1);
    this.bias = new Parameter(units, () => 0);
    this.parameters = [this.weight, this.bias];
    this.keptMean = new Float64Array(units);
    this.keptVariance = new Float64Array(units).fill(1);
  }

  forward(x, rows, training = true) {
    const { units, eps, room } = this;
    this.rows = rows;
    const [y, scaled] = [room.of("y", rows * units), room.of("scaled", rows * units)];
    const slope = room.of("slope", units); // 1/√(variance + eps)
    for (let u = 0; u < units; u++) {
      let [mean, variance] = [this.keptMean[u], this.keptVariance[u]];
      if (training) {
        [mean, variance] = statistics(x, rows, units, u);
        this.keptMean[u] += this.momentum * (mean - this.keptMean[u]);
        this.keptVariance[u] += this.momentum * ((variance * rows) / (rows - 1) - this.keptVariance[u]);
      }
      slope[u] = 1 / Math.sqrt(variance + eps);
      for (let i = u; i < rows * units; i += units) {
        scaled[i] = (x[i] - mean) * slope[u];
        y[i] = this.weight.value[u] * scaled[i] + this.bias.value[u];
      }
    }
    return y;
  }

  // The mean and the variance depend on x too: the batch's part in each direction is taken out.
  backward(gradient, { learns = true } = {}) {
    const { units, rows, room } = this;
    const { scaled, slope } = room.held;
    const before = room.of("x gradient", rows * units);
    for (let u = 0; u < units; u++) {
      let [sum, along] = [0, 0];
      for (let i = u; i < rows * units; i += units) {
        sum += gradient[i];
        along += gradient[i] * scaled[i];
      }
      if (learns) [this.bias.gradient[u], this.weight.gradient[u]] = [sum, along];
      const factor = this.weight.value[u] * slope[u];
      for (let i = u; i < rows * units; i += units) {
        before[i] = factor * (gradient[i] - (sum + scaled[i] * along) / rows);
      }
    }
    return before;
  }
}

function statistics(x, rows, units, u) {
  let [sum, squares] = [0, 0];
  for (let i = u; i < rows * units; i += units) sum += x[i];
  const mean = sum / rows;
  for (let i = u; i < rows * units; i += units) squares += (x[i] - mean) ** 2;
  return [mean, squares / rows];
}

// Adam, as torch.optim.Adam. Kingma and Ba 2015, algorithm 1.
export class Adam {
  constructor(parameters, rate, [beta1, beta2] = [0.5, 0.999], eps = 1e-8) {
    Object.assign(this, { parameters, rate, beta1, beta2, eps, steps: 0 });
    this.means = parameters.map(({ value }) => new Float64Array(value.length));
    this.squares = parameters.map(({ value }) => new Float64Array(value.length));
  }

  step() {
    const { beta1, beta2, eps } = this;
    this.steps++;
    const size = this.rate / (1 - beta1 ** this.steps);
    const correction = Math.sqrt(1 - beta2 ** this.steps);
    this.parameters.forEach(({ value, gradient }, p) => {
      const [mean, square] = [this.means[p], this.squares[p]];
      for (let i = 0; i < value.length; i++) {
        mean[i] += (1 - beta1) * (gradient[i] - mean[i]);
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] * gradient[i];
        value[i] -= (size * mean[i]) / (Math.sqrt(square[i]) / correction + eps);
      }
    });
  }
}
