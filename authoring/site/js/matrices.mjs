// Products of matrices whose rows lie one behind the other.

// out (rows, wide) = a (rows, deep) · b (deep, wide). Blocks of 4 · 4 sums stay in registers: half a read for a product.
export function multiply(a, b, out, rows, deep, wide) {
  const [blockRows, blockWide] = [rows - (rows % 4), wide - (wide % 4)];
  for (let r = 0; r < blockRows; r += 4) {
    for (let c = 0; c < blockWide; c += 4) block(a, b, out, r, c, deep, wide);
    for (let c = blockWide; c < wide; c++) for (let i = r; i < r + 4; i++) single(a, b, out, i, c, deep, wide);
  }
  for (let r = blockRows; r < rows; r++) for (let c = 0; c < wide; c++) single(a, b, out, r, c, deep, wide);
}

function single(a, b, out, r, c, deep, wide) {
  let sum = 0;
  for (let k = 0, i = r * deep, j = c; k < deep; k++, j += wide) sum += a[i + k] * b[j];
  out[r * wide + c] = sum;
}

function block(a, b, out, r, c, deep, wide) {
  const a0 = r * deep;
  const a1 = (r + 1) * deep;
  const a2 = (r + 2) * deep;
  const a3 = (r + 3) * deep;
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let k = 0, j = c; k < deep; k++, j += wide) {
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    const v0 = a[a0 + k];
    s00 += v0 * b0;
    s01 += v0 * b1;
    s02 += v0 * b2;
    s03 += v0 * b3;
    const v1 = a[a1 + k];
    s10 += v1 * b0;
    s11 += v1 * b1;
    s12 += v1 * b2;
    s13 += v1 * b3;
    const v2 = a[a2 + k];
    s20 += v2 * b0;
    s21 += v2 * b1;
    s22 += v2 * b2;
    s23 += v2 * b3;
    const v3 = a[a3 + k];
    s30 += v3 * b0;
    s31 += v3 * b1;
    s32 += v3 * b2;
    s33 += v3 * b3;
  }
  const o0 = r * wide + c;
  out[o0] = s00;
  out[o0 + 1] = s01;
  out[o0 + 2] = s02;
  out[o0 + 3] = s03;
  const o1 = (r + 1) * wide + c;
  out[o1] = s10;
  out[o1 + 1] = s11;
  out[o1 + 2] = s12;
  out[o1 + 3] = s13;
  const o2 = (r + 2) * wide + c;
  out[o2] = s20;
  out[o2 + 1] = s21;
  out[o2 + 2] = s22;
  out[o2 + 3] = s23;
  const o3 = (r + 3) * wide + c;
  out[o3] = s30;
  out[o3 + 1] = s31;
  out[o3 + 2] = s32;
  out[o3 + 3] = s33;
}

// out (wide, rows) = the transpose of a (rows, wide).
export function transpose(a, out, rows, wide) {
  for (let r = 0; r < rows; r++) for (let c = 0; c < wide; c++) out[c * rows + r] = a[r * wide + c];
}
