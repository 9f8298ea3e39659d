// Writes a number as dcgan_course.drawing.canvas.number_text does: 2, −1, ⅔ as 2/3, else two decimals.

const CLOSE = 1e-6;
const LARGEST_DENOMINATOR = 12;

export function numberText(value) {
  return unsigned(value).replace("-", "−");
}

function unsigned(value) {
  for (let denominator = 1; denominator <= LARGEST_DENOMINATOR; denominator++) {
    const numerator = Math.round(value * denominator);
    if (Math.abs(numerator / denominator - value) < CLOSE) {
      return denominator === 1 ? String(numerator) : `${numerator}/${denominator}`;
    }
  }
  return value.toFixed(2);
}
