// Numbers as the pages carry them: base64 of little-endian half or single precision.

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function singles(text) {
  return new Float32Array(bytesOf(text).buffer);
}

export function halves(text) {
  return Float32Array.from(new Uint16Array(bytesOf(text).buffer), fromHalf);
}

// IEEE 754, binary16: one bit of sign, five of exponent, ten of fraction.
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// Cuts numbers into rows of equal length.
export function rows(numbers, wide) {
  return Array.from({ length: numbers.length / wide }, (_, i) => numbers.subarray(i * wide, (i + 1) * wide));
}
