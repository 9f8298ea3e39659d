// The game of lesson 05 on points in the plane: dcgan_course.toy.points.ManyGans with one pair of networks.

import { Adam, BatchNorm, Linear, Maxout, Relu } from "./layers.mjs";
import { sigmoid } from "./normals.mjs";
import { Random } from "./random.mjs";

const [HIDDEN, PIECES, BATCH] = [64, 2, 100];

// z (2) → 64 → 64 → (x, y), with batch norm and ReLU.
class PointGenerator {
  constructor({ norm_eps: eps, tanh, small_start: small }, random) {
    this.tanh = tanh;
    this.linears = [new Linear(2, HIDDEN, random), new Linear(HIDDEN, HIDDEN, random)];
    this.norms = [new BatchNorm(HIDDEN, eps), new BatchNorm(HIDDEN, eps)];
    this.relus = [new Relu(), new Relu()];
    this.out = new Linear(HIDDEN, 2, random);
    if (small) [...this.linears, this.out].forEach((linear) => linear.startSmall(random));
    this.parameters = [...this.linears, ...this.norms, this.out].flatMap((layer) => layer.parameters);
  }

  // Returns points, two numbers each.
  forward(z, rows, training = true) {
    let x = z;
    this.linears.forEach((linear, i) => {
      x = this.relus[i].forward(this.norms[i].forward(linear.forward(x, rows), rows, training), rows, HIDDEN);
    });
    this.points = this.out.forward(x, rows).slice(0, 2 * rows);
    if (this.tanh) this.points = this.points.map(Math.tanh);
    return this.points;
  }

  backward(gradient) {
    let back = gradient;
    if (this.tanh) back = back.slice(0, this.points.length).map((value, i) => value * (1 - this.points[i] ** 2));
    back = this.out.backward(back);
    for (const i of [1, 0]) {
      back = this.linears[i].backward(this.norms[i].backward(this.relus[i].backward(back)), { passes: i > 0 });
    }
  }
}

// (x, y) → 64 → 64 → one logit, with maxout; where asked for, batch norm behind the second layer.
class PointDiscriminator {
  constructor({ discriminator_norm: norm }, random) {
    this.layers = [new Maxout(2, HIDDEN, PIECES, random), new Maxout(HIDDEN, HIDDEN, PIECES, random)];
    if (norm) this.layers.push(new BatchNorm(HIDDEN));
    this.out = new Linear(HIDDEN, 1, random);
    this.parameters = [...this.layers, this.out].flatMap((layer) => layer.parameters);
  }

  forward(points, rows) {
    return this.out.forward(this.layers.reduce((x, layer) => layer.forward(x, rows), points), rows);
  }

  // For D's own step, `learns`; for G's step the gradient goes on to the points.
  backward(gradient, learns) {
    let back = this.out.backward(gradient, { learns });
    for (const layer of [...this.layers].reverse()) {
      back = layer.backward(back, { learns, passes: !learns || layer !== this.layers[0] });
    }
    return back;
  }
}

// The gradient of G's loss with respect to one logit, and whether it reaches G at all.
const GENERATOR_LOSSES = {
  non_saturating: (logit) => sigmoid(logit) - 1, // of −log D
  saturating: (logit) => -sigmoid(logit), // of log(1 − D)
  detached: null,
};

export class PointGame {
  // fault: facts of one of toy.faults.FAULTS; mixture: { centres: [[x, y], …], sigma }, before the fault's scale.
  constructor(fault, mixture, seed) {
    this.fault = fault;
    this.centres = mixture.centres.map((centre) => centre.map((number) => number * fault.scale));
    this.sigma = mixture.sigma * fault.scale;
    const random = new Random(seed);
    this.generator = new PointGenerator(fault, random);
    this.discriminator = new PointDiscriminator(fault, random);
    this.generatorAdam = new Adam(this.generator.parameters, fault.generator_rate);
    this.discriminatorAdam = new Adam(this.discriminator.parameters, fault.discriminator_rate);
    this.random = new Random(seed + 1000);
    this.traces = { pReal: [], pFake: [], pFakeForG: [], gradientOfG: [] };
  }

  get rounds() {
    return this.traces.gradientOfG.length;
  }

  noise() {
    return this.random.normals(2 * BATCH);
  }

  // Real points: first a mode, each as likely as the others, then a place around its centre.
  real() {
    const points = new Float64Array(2 * BATCH);
    for (let i = 0; i < points.length; i += 2) {
      const centre = this.centres[Math.floor(this.random.uniform() * this.centres.length)];
      for (const axis of [0, 1]) points[i + axis] = centre[axis] + this.sigma * this.random.normal();
    }
    return points;
  }

  // One round: steps of D, then one of G. source: of z and of real points; the game itself, but for tests.
  step(source = this) {
    for (let i = 0; i < this.fault.discriminator_steps; i++) this.discriminatorStep(source);
    this.generatorStep(source);
  }

  // D sees real and fake in one batch. Without batch norm that is the same as two, and with it the fault is this.
  discriminatorStep(source) {
    const points = new Float64Array(4 * BATCH);
    points.set(this.generator.forward(source.noise(), BATCH), 2 * BATCH);
    points.set(source.real());
    const logits = this.discriminator.forward(points, 2 * BATCH);
    const gradient = new Float64Array(2 * BATCH);
    const means = [0, 0]; // D's mean answer to real points and to fakes
    for (let i = 0; i < 2 * BATCH; i++) {
      const fake = i < BATCH ? 0 : 1;
      const p = sigmoid(logits[i]);
      means[fake] += p / BATCH;
      gradient[i] = (fake ? p : p - 1) / BATCH;
    }
    this.discriminator.backward(gradient, true);
    this.discriminatorAdam.step();
    this.answers = means;
  }

  generatorStep(source) {
    const logits = this.discriminator.forward(this.generator.forward(source.noise(), BATCH), BATCH);
    const slope = GENERATOR_LOSSES[this.fault.generator_loss];
    const gradient = new Float64Array(BATCH);
    let [mean, squares] = [0, 0];
    for (let i = 0; i < BATCH; i++) {
      mean += sigmoid(logits[i]) / BATCH;
      if (slope) gradient[i] = slope(logits[i]) / BATCH;
    }
    if (slope) {
      this.generator.backward(this.discriminator.backward(gradient, false));
      for (const parameter of this.generator.parameters) for (const value of parameter.gradient) squares += value ** 2;
      this.generatorAdam.step();
    }
    this.traces.pReal.push(this.answers[0]);
    this.traces.pFake.push(this.answers[1]);
    this.traces.pFakeForG.push(mean);
    this.traces.gradientOfG.push(Math.sqrt(squares));
  }

  // Points of the generator as it would be used, with batch norm's kept statistics; always from the same z.
  points(z) {
    return this.generator.forward(z, z.length / 2, false);
  }
}

// How many modes have a point within 3σ, and which share of the points lies so near to one: toy.modes.count_modes.
export function countModes(points, centres, sigma) {
  const found = new Set();
  let good = 0;
  for (let i = 0; i < points.length; i += 2) {
    let [closest, distance] = [0, Infinity];
    centres.forEach(([x, y], mode) => {
      const far = Math.hypot(points[i] - x, points[i + 1] - y);
      if (far < distance) [closest, distance] = [mode, far];
    });
    if (distance / sigma < 3) {
      good++;
      found.add(closest);
    }
  }
  return { modes: found.size, highQuality: (2 * good) / points.length };
}
