// Paths between two points of latent space, as dcgan_course.latent.paths.

export function length(z) {
  return Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
}

// The lengths between which 9 of 10 random z lie; 1.645 is what a normal number exceeds once in twenty.
export function shell(latentDim) {
  const [middle, half] = [Math.sqrt(latentDim - 0.5), 1.6448536269514722 / Math.SQRT2];
  return [Math.max(middle - half, 0), middle + half];
}

export function lerp(a, b, t) {
  return Float32Array.from(a, (value, i) => (1 - t) * value + t * b[i]);
}

export function slerp(a, b, t) {
  const [lengthA, lengthB] = [length(a), length(b)];
  if (lengthA < 1e-12 || lengthB < 1e-12) return lerp(a, b, t);
  let [apart, together] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [unitA, unitB] = [a[i] / lengthA, b[i] / lengthB];
    apart += (unitA - unitB) ** 2;
    together += (unitA + unitB) ** 2;
  }
  const angle = 2 * Math.atan2(Math.sqrt(apart), Math.sqrt(together));
  const sine = Math.sin(angle);
  if (sine < 1e-4) return lerp(a, b, t); // the same direction or opposite ones: no arc is defined
  const [shareA, shareB] = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  const size = (1 - t) * lengthA + t * lengthB;
  return Float32Array.from(a, (value, i) => size * (shareA * (value / lengthA) + shareB * (b[i] / lengthB)));
}
