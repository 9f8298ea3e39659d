// The game between two normal densities, played by the best D: dcgan_course.toy.divergences.TwoNormals, number for
// number, and the sentence that the explorer says of it.

const LOG_2 = Math.log(2);
const LOG_ROOT = 0.5 * Math.log(2 * Math.PI);

// data, fake: [mean, width]; the widths are above 0. Places are from −9 to 9, those of the pushes within three widths
// of the fakes' mean.
export function twoNormals(data, fake) {
  const [[dataMean, dataWidth], [fakeMean, fakeWidth]] = [data, fake];
  const shift = Math.log(fakeWidth / dataWidth);
  const logit = (x) => 0.5 * (((x - fakeMean) / fakeWidth) ** 2 - ((x - dataMean) / dataWidth) ** 2) + shift;
  const slope = (x) => (x - fakeMean) / fakeWidth ** 2 - (x - dataMean) / dataWidth ** 2;
  const saturating = (x) => sigmoid(logit(x)) * slope(x);
  const nonSaturating = (x) => sigmoid(-logit(x)) * slope(x);
  const x = places(361, (i) => i * 0.05 - 9);
  const fakeX = places(121, (i) => (i * 0.05 - 3) * fakeWidth + fakeMean).filter((place) => Math.abs(place) <= 9);
  const overData = mean(data, (place) => LOG_2 + logSigmoid(logit(place)));
  const jsd = 0.5 * (overData + mean(fake, (place) => LOG_2 + logSigmoid(-logit(place))));
  return {
    data,
    fake,
    x,
    pData: x.map((place) => density(place, data)),
    pFake: x.map((place) => density(place, fake)),
    bestD: x.map((place) => sigmoid(logit(place))),
    jsd,
    value: 2 * jsd - 2 * LOG_2,
    fakeX,
    saturating: fakeX.map(saturating),
    nonSaturating: fakeX.map(nonSaturating),
    meanSaturating: mean(fake, saturating),
    meanNonSaturating: mean(fake, nonSaturating),
  };
}

function places(count, place) {
  return Float64Array.from({ length: count }, (_, i) => place(i));
}

function density(x, [mean, width]) {
  return Math.exp(-0.5 * ((x - mean) / width) ** 2 - LOG_ROOT) / width;
}

export function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}

function logSigmoid(logit) {
  return Math.min(logit, 0) - Math.log1p(Math.exp(-Math.abs(logit)));
}

// The mean of a function of x from a normal density: the trapezoid rule within 8 widths, in 2000 steps.
function mean([middle, width], of) {
  let sum = 0;
  for (let i = 0; i <= 2000; i++) {
    const t = (i - 1000) * 0.008;
    const part = density(t, [0, 1]) * of(middle + width * t);
    sum += i === 0 || i === 2000 ? part / 2 : part;
  }
  return sum * 0.008;
}

// A number with three decimals; what rounds to 0 has no sign.
export function plain(number) {
  const text = number.toFixed(3);
  return Number(text) === 0 ? "0.000" : text.replace("-", "−");
}

// A number with its sign and three decimals, or with a power of ten where those would not show it.
export function signed(number) {
  const size = Math.abs(number);
  if (size < 1e-9) return "0";
  const power = (text) => text.replace(/e([+-])(\d)$/, "e$10$2"); // two digits, as in the notebook
  const text = size >= 0.001 && size < 1000 ? size.toFixed(3) : power(size.toExponential(1)).replace("-", "−");
  return (number < 0 ? "−" : "+") + text;
}

export function sentenceOfNormals(state) {
  const [dataMean, dataWidth, fakeMean, fakeWidth] = [...state.data, ...state.fake].map((number) => number.toFixed(1));
  const text =
    `Data: mean ${dataMean}, width ${dataWidth}. Fakes: mean ${fakeMean}, width ${fakeWidth}. ` +
    `JSD ${plain(state.jsd)} of at most 0.693; V at the best D ${plain(state.value)} (−1.386 when both are equal). ` +
    `Mean push on the fakes: saturating ${signed(state.meanSaturating)}, ` +
    `non-saturating ${signed(state.meanNonSaturating)} (above 0: to the right).`;
  return text.replaceAll(" -", " −");
}
