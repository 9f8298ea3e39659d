// Random numbers that a seed decides. They are not torch's: a seed stands for other numbers here than in a notebook.

export class Random {
  constructor(seed) {
    this.state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
    this.spare = null;
    for (let i = 0; i < 8; i++) this.uniform(); // seeds that follow each other begin alike
  }

  // Evenly in [0, 1). mulberry32, by Tommy Ettinger: a counter whose bits are mixed.
  uniform() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }

  // From N(0, 1), two at a time. Box and Muller 1958.
  normal() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  normals(count) {
    return Float64Array.from({ length: count }, () => this.normal());
  }
}
