// The explorer of two densities: the best D, V, JSD and the push of both losses, as widgets.densities_explorer.

import { columns, entitle, sentence, slider } from "./controls.mjs";
import { plain, sentenceOfNormals, signed, twoNormals } from "./normals.mjs";
import { LinePlot, legend } from "./plot.mjs";
import { Sheet } from "./sheet.mjs";

const DENSITIES_TITLE = "Move data and fakes: the best D, JSD, V and both pushes follow";
const PUSH = ["Push on a fake that lies at x", "(above 0: to the right)"];
const DENSITIES_SEEN = "Both densities, the best D, and the push of both losses on the fakes";

// settings: {name: [label, start, lowest, highest]}, of the data's mean and width, then of the fakes'.
export function densitiesExplorer(home, settings) {
  const controls = Object.values(settings).map(([label, start, low, high]) =>
    slider(label, [low, high, 0.1, start], show),
  );
  const sheet = new Sheet(DENSITIES_SEEN);
  const words = sentence();
  let state;

  function show() {
    const [dataMean, dataWidth, fakeMean, fakeWidth] = controls.map((control) => control.value);
    state = twoNormals([dataMean, dataWidth], [fakeMean, fakeWidth]);
    words.textContent = sentenceOfNormals(state);
    draw();
  }

  function draw() {
    drawNormals(sheet, state);
  }

  const rows = controls.map((control) => control.row);
  home.replaceChildren(
    entitle(home, DENSITIES_TITLE),
    columns(rows.slice(0, 2), rows.slice(2)),
    sheet.canvas,
    words,
  );
  show();
  sheet.whenResized(draw);
}

function drawNormals(sheet, state) {
  const narrow = sheet.canvas.clientWidth < 500; // a phone
  sheet.begin(() => (narrow ? 536 : 428));
  const [left, wide, edge] = [46, sheet.width - 58, narrow ? 4 : 46];
  let y = legend(sheet, edge, 12, [
    ["ink", "data density"],
    ["green", "density of the fakes"],
    ["blue", "D*(x)"],
  ]);
  y += 20;
  sheet.text(edge, y, "The higher density is drawn up to 1.");
  const top = Math.max(...state.pData, ...state.pFake);
  const upper = new LinePlot(sheet, [left, y + 14, wide, 120], [-9, 9], [0, 1.06]);
  for (const level of [0, 0.5, 1]) upper.level(level, String(level));
  upper.xNumbers([-9, -6, -3, 0, 3, 6, 9]);
  const scaled = (densities) => densities.map((density) => density / top);
  upper.curve(state.x, scaled(state.pData), "ink", { line: 4, dotted: true });
  upper.curve(state.x, scaled(state.pFake), "green");
  upper.curve(state.x, state.bestD, "blue");
  y += 14 + 120 + 38;
  y = gauge(sheet, y, `JSD ${plain(state.jsd)}`, state.jsd / Math.log(2), ["0", "log 2 = 0.693"], narrow);
  y = gauge(sheet, y, `V ${plain(state.value)}`, 1 + state.value / Math.log(4), ["−log 4", "0"], narrow);
  for (const line of narrow ? PUSH : [PUSH.join(" ")]) {
    sheet.text(edge, y, line, { size: 15, bold: true });
    y += 21;
  }
  y = legend(sheet, edge, y, [
    ["orange", `saturating, mean ${signed(state.meanSaturating)}`],
    ["purple", `non-saturating, mean ${signed(state.meanNonSaturating)}`],
  ]);
  const size = Math.max(0.1, ...state.saturating.map(Math.abs), ...state.nonSaturating.map(Math.abs));
  const lower = new LinePlot(sheet, [left, y + 16, wide, 110], [-9, 9], [-1.1 * size, 1.1 * size]);
  for (const level of [-size, 0, size]) {
    lower.level(level, level === 0 ? "0" : level.toFixed(size >= 10 ? 0 : 1).replace("-", "−"));
  }
  lower.xNumbers([-9, -6, -3, 0, 3, 6, 9]);
  lower.curve(state.fakeX, state.nonSaturating, "purple");
  lower.curve(state.fakeX, state.saturating, "orange");
}

// A bar that is filled up to `share` of its length, with its name and what its ends stand for; returns the next row's y.
function gauge(sheet, y, name, share, [low, high], narrow) {
  const [left, width] = narrow ? [4, sheet.width - 8] : [164, Math.min(420, sheet.width - 164 - 104)];
  if (narrow) {
    sheet.text(left, y, name, { size: 15, bold: true });
    sheet.text(sheet.width - 4, y, `from ${low} to ${high}`, { align: "right" });
    y += 20;
  } else {
    sheet.text(left - 56, y, name, { size: 15, bold: true, align: "right" });
    sheet.text(left - 6, y, low, { align: "right" });
    sheet.text(left + width + 6, y, high);
  }
  sheet.box(left, y - 8, width * Math.min(Math.max(share, 0), 1), 16, { fill: "sky", outline: null });
  sheet.box(left, y - 8, width, 16, { outline: "grey" });
  return y + 26;
}
