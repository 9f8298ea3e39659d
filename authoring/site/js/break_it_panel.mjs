// The break-it panel: a small GAN on points that is trained here, with a fault of your choice, as
// widgets.break_it_panel.

import { button, columns, entitle, element, menu, say, sentence, slider } from "./controls.mjs";
import { LinePlot, legend } from "./plot.mjs";
import { PointGame, countModes } from "./point_game.mjs";
import { Random } from "./random.mjs";
import { Sheet } from "./sheet.mjs";

const PANEL_TITLE = "Break a GAN: choose a fault, press Start";
const PANEL_SEEN = "The points beside the modes, and the traces";
const TICK = 40; // ms from one picture to the next, where the rounds between them take no longer
const SPOKEN_EVERY = 100; // rounds: a screen reader would never end if it spoke each tick
const OWN_SEEDS = "The seed here is not torch's: in the notebook the same seed plays another game.";
const TRACES = [
  ["pReal", "blue", "D(real)"],
  ["pFake", "orange", "D(fake)"],
  ["pFakeForG", "purple", "D(fake) in G's step"],
];

// faults, mixtures, rounds: as authoring.site.break_it writes them.
export function breakItPanel(home, { faults, mixtures, rounds: last }) {
  const fault = menu("fault", Object.keys(faults), "D too strong", renew);
  const data = menu("real points", Object.keys(mixtures), Object.keys(mixtures)[0], renew);
  const seed = slider("seed", [0, 20, 1, 0], renew);
  const slice = slider("rounds a tick", [1, 20, 1, 4], () => {});
  const explain = button("What is wrong?", () => {
    explain.setAttribute("aria-pressed", String(explain.getAttribute("aria-pressed") !== "true"));
    tellWhy();
  });
  explain.setAttribute("aria-pressed", "false");
  const buttons = [
    button("Start", start),
    button("Stop", stop),
    button("One round", oneRound),
    button("Reset", renew),
    explain,
  ];
  const sheet = new Sheet(PANEL_SEEN);
  const words = sentence();
  const why = element("p", { className: "explorer-words" });
  why.setAttribute("aria-live", "polite");
  const z = new Random(1).normals(1000); // of the points that are shown
  let [game, playing, timer, left, begun, found] = [null, false, 0, 0, 0, ""];

  function halt() {
    clearTimeout(timer);
    playing = false;
  }

  function renew() {
    halt();
    game = new PointGame(faults[fault.value], mixtures[data.value], seed.value);
    draw();
    tell(true);
    tellWhy();
  }

  function start() {
    if (game.rounds >= last) renew();
    clearTimeout(timer);
    [playing, left, begun] = [true, slice.value, performance.now()];
    tell(true);
    timer = setTimeout(work);
  }

  function stop() {
    halt();
    draw();
    tell(true);
  }

  function oneRound() {
    halt();
    if (game.rounds < last) game.step();
    draw();
    tell(true);
  }

  // Trains some rounds, and lets the page live every 40 ms; after the last round of a tick it draws.
  function work() {
    const [from, before] = [performance.now(), game.rounds];
    while (left > 0 && game.rounds < last && performance.now() - from < TICK) {
      game.step();
      left--;
    }
    playing = game.rounds < last;
    if (left === 0 || !playing) {
      draw();
      const passed = Math.floor(game.rounds / SPOKEN_EVERY) > Math.floor(before / SPOKEN_EVERY);
      tell(passed || !playing);
      timer = playing ? setTimeout(work, Math.max(0, begun + TICK - performance.now())) : 0;
      [left, begun] = [slice.value, Math.max(begun + TICK, performance.now())];
    } else {
      timer = setTimeout(work);
    }
  }

  // aloud: whether a screen reader speaks it.
  function tell(aloud) {
    let state = game.rounds ? "stopped. Start goes on from here." : "ready. Press Start.";
    if (game.rounds >= last) state = "done. Start trains again from the first round.";
    if (playing) state = "training …";
    words.setAttribute("aria-live", aloud ? "polite" : "off");
    words.textContent = `Round ${game.rounds} of ${last}: ${state} ${found}.`;
  }

  function tellWhy() {
    const { change, symptom, cause, cure } = faults[fault.value];
    const told = `<b>Changed:</b> ${change} <b>Symptom:</b> ${symptom} <b>Cause:</b> ${cause} <b>Cure:</b> ${cure}`;
    why.hidden = explain.getAttribute("aria-pressed") !== "true";
    say(why, why.hidden ? "" : told);
  }

  function draw() {
    const title = `${fault.value}: round ${game.rounds} of ${last}`;
    const points = game.points(z);
    const { modes, highQuality } = countModes(points, game.centres, game.sigma);
    found = `${modes} of ${game.centres.length} modes · ${Math.round(100 * highQuality)}% within 3σ`;
    sheet.canvas.setAttribute("aria-label", `${PANEL_SEEN}: ${found}`);
    drawGame(sheet, game, points, last, title, found);
  }

  home.replaceChildren(
    entitle(home, PANEL_TITLE),
    columns([fault.row, data.row], [seed.row, slice.row]),
    element("div", { className: "explorer-buttons" }, ...buttons),
    words,
    sheet.canvas,
    why,
    element("p", { className: "explorer-note", textContent: OWN_SEEDS }),
  );
  renew();
  sheet.whenResized(draw);
}

function drawGame(sheet, game, points, last, title, found) {
  const narrow = sheet.canvas.clientWidth < 560; // a phone: the traces go below the points
  const side = narrow ? Math.min(sheet.canvas.clientWidth - 16, 220) : 290;
  sheet.begin(() => (narrow ? side + 330 : side + 66));
  sheet.text(8, 14, title, { size: 15, bold: true, most: sheet.width - 16 });
  drawPoints(sheet, points, game.centres, [8, 30, side]);
  sheet.text(8, 30 + side + 16, found);
  const left = (narrow ? 0 : side + 20) + 46;
  const wide = sheet.width - left - 18;
  const high = narrow ? 80 : (side - 76) / 2;
  const played = game.traces.gradientOfG.map((_, round) => round + 1);
  let y = legend(sheet, left, narrow ? side + 66 : 40, TRACES.map(([, colour, text]) => [colour, text])) + 16;
  const answers = new LinePlot(sheet, [left, y, wide, high], [0, last], [0, 1]);
  for (const [level, text] of [[0, "0"], [0.5, "½"], [1, "1"]]) answers.level(level, text);
  for (const [name, colour] of TRACES) answers.curve(played, game.traces[name], colour, { line: 2 });
  y = legend(sheet, left, y + high + 22, [["green", "length of G's gradient"]]) + 16;
  const lengths = new LinePlot(sheet, [left, y, wide, high], [0, last], [-6, 4]);
  for (const [level, text] of [[-6, "10⁻⁶"], [-1, "0.1"], [4, "10⁴"]]) lengths.level(level, text);
  const logarithms = game.traces.gradientOfG.map((length) => Math.log10(Math.max(length, 1e-6)));
  lengths.curve(played, logarithms, "green", { line: 2 });
  lengths.xNumbers([0, last]);
  sheet.text(left + wide / 2, y + high + 12, "round", { align: "center" });
}

// The modes as squares and the points as dots; what lies outside is drawn on the border.
function drawPoints(sheet, points, centres, [left, top, side]) {
  const reach = 1.5 * Math.max(...centres.flat().map(Math.abs));
  const share = (value) => Math.min(Math.max((value / reach + 1) / 2, 0), 1);
  sheet.box(left, top, side, side, { outline: "grey" });
  for (const [x, y] of centres) {
    sheet.box(left + side * share(x) - 6, top + side * (1 - share(y)) - 6, 12, 12, { line: 2 });
  }
  for (let i = 0; i < points.length; i += 2) {
    const [across, down] = [left + side * share(points[i]), top + side * (1 - share(points[i + 1]))];
    if (Number.isFinite(across + down)) sheet.box(across - 1, down - 1, 2, 2, { fill: "orange", outline: null });
  }
}
