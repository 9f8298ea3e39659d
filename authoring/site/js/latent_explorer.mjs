// The latent explorer: move z between two points, along directions and at single coordinates, as widgets.latent_explorer.

import { button, element, entitle, menu, paint, picture, player, quietWhilePlaying, sentence, slider } from "./controls.mjs";
import { Generator } from "./generator.mjs";
import { length, lerp, shell, slerp } from "./paths.mjs";
import { rows, singles } from "./numbers.mjs";
import { savePicture } from "./save.mjs";

const REACH = 8; // how far a direction's slider goes each way
const RECENT = 8; // pictures to go back to
const HALF = 20; // moves of a walk from A to B
const BLENDS = { "slerp: along the arc": slerp, "lerp: along the line": lerp };
const SIDE = 288;

// runs: names of all generators. load: name → Promise of its facts.
export async function latentExplorer(home, first, runs, load) {
  let now; // generator, points and directions of the run
  let [a, b, seed, step] = [null, null, 0, 0];
  let atCoordinates, shown, numbers;
  let lastMoved = null;
  let kept = [];
  let saved = 0;
  const canvas = picture("What G draws at this z", SIDE);
  const words = sentence();
  const run = menu("recorded run", runs, first, () => begin(run.value));
  const label = slider("class", [0, 0, 1, 0], move);
  const other = slider("other class", [0, 0, 1, 0], move);
  const percent = slider("of the other (%)", [0, 100, 5, 0], move);
  const ofClass = [label, other, percent];
  const mode = menu("blend", Object.keys(BLENDS), Object.keys(BLENDS)[0], move);
  const blend = slider("from A to B (%)", [0, 100, 5, 0], (control) => {
    walk.stop();
    step = Math.round((blend.value * HALF) / 100); // a walk that is started again goes on from here
    move(control);
  });
  const forward = () => {
    step = (step + 1) % (2 * HALF);
    blend.value = Math.round((100 * (step <= HALF ? step : 2 * HALF - step)) / HALF);
    move(blend);
  };
  const walk = player("Walk from A to B and back", 120, forward, quietWhilePlaying(words));
  const amounts = element("div");
  let directions = [];
  const coordinate = element("input", { type: "number", id: "explorer-coordinate", min: 0, value: 0 });
  coordinate.addEventListener("input", () => (change.value = atCoordinates[chosen()]));
  coordinate.addEventListener("change", () => (coordinate.value = chosen())); // the box names what is moved
  const change = slider("added to it", [-REACH, REACH, 0.5, 0], (control) => {
    atCoordinates[chosen()] = change.value;
    move(control);
  });
  const buttons = [
    button("Pin as A", () => pin("A")),
    button("Pin as B", () => pin("B")),
    button("New A and B", () => points(seed + 1)),
    button("Keep", keep),
    button("Reset", () => {
      ask([0, 0, 0]);
      points(0);
    }),
    button("Save picture", save),
  ];
  const back = Array.from({ length: RECENT }, (_, i) => {
    const thumb = picture(`Picture ${i + 1} to go back to`, 64);
    const node = button(`back to ${i + 1}`, () => goBack(i));
    return { thumb, node, place: element("div", { className: "explorer-kept" }, thumb, node) };
  });

  const chosen = () => Math.min(Math.max(Math.round(Number(coordinate.value)) || 0, 0), now.generator.latentDim - 1);
  const asked = () => ofClass.map((control) => control.value);
  const ask = (values) => ofClass.forEach((control, i) => (control.value = values[i]));

  async function begin(name) {
    walk.stop();
    words.textContent = `Loading ${name} …`;
    const facts = await load(name);
    if (name !== run.value) return; // another one was chosen meanwhile
    const generator = new Generator(facts);
    now = { generator, points: facts.points.map((text) => rows(singles(text), generator.latentDim)) };
    const last = Math.max(generator.classNames.length - 1, 0);
    label.input.max = other.input.max = last;
    ofClass.forEach((control) => (control.row.hidden = last === 0));
    ask([0, 0, 0]);
    const vectors = rows(singles(facts.directions), generator.latentDim);
    directions = facts.direction_names.map((title, i) => {
      return { vector: vectors[i], control: slider(title, [-REACH, REACH, 0.5, 0], move) };
    });
    amounts.replaceChildren(...directions.map((direction) => direction.control.row));
    coordinate.max = generator.latentDim - 1;
    coordinate.value = 0;
    kept = [];
    showKept();
    points(0);
  }

  function points(number) {
    seed = number % now.points.length;
    [a, b] = now.points[seed];
    stand(0);
  }

  // Go to a place between A and B with nothing added to it.
  function stand(percentage) {
    walk.stop();
    step = 0;
    blend.value = percentage;
    atCoordinates = new Float32Array(now.generator.latentDim);
    for (const control of [...directions.map((direction) => direction.control), change]) control.value = 0;
    lastMoved = null;
    draw();
  }

  function move(control) {
    if (lastMoved !== null && lastMoved !== control) keep();
    lastMoved = control;
    draw();
  }

  function z() {
    const point = BLENDS[mode.value](a, b, blend.value / 100);
    for (const { vector, control } of directions) {
      for (let i = 0; i < point.length; i++) point[i] += control.value * vector[i];
    }
    return point.map((value, i) => value + atCoordinates[i]);
  }

  function draw() {
    const { generator } = now;
    shown = { z: z(), asked: asked() };
    const [which, another, share] = shown.asked;
    const vector = generator.classNames.length ? generator.asked(which, another, share / 100) : [];
    numbers = generator.draw(shown.z, vector);
    paint(canvas, numbers, generator.height, generator.width);
    tell();
  }

  function tell(more = "") {
    const [long, [low, high]] = [length(shown.z), shell(now.generator.latentDim)];
    const place = low <= long && long <= high ? "This one is inside." : "This one has left that shell.";
    const where =
      `${blend.value} % of the way from A to B. z has length ${long.toFixed(1)}; 9 of 10 random z have ` +
      `${low.toFixed(1)} to ${high.toFixed(1)}. ${place}`;
    words.textContent = [where, ofClasses(), more].filter((text) => text).join(" ");
  }

  function ofClasses() {
    const names = now.generator.classNames;
    if (names.length === 0) return "";
    const [one, two, share] = [names[label.value], names[other.value], percent.value];
    if (share === 0 || share === 100 || one === two) return `Asked for class ${share === 100 ? two : one}.`;
    return `Asked for ${100 - share} % of class ${one} and ${share} % of class ${two}.`;
  }

  function keep() {
    const same = (one) => one.asked.join() === shown.asked.join() && one.z.every((value, i) => value === shown.z[i]);
    kept = [{ ...shown, numbers }, ...kept.filter((one) => !same(one))].slice(0, RECENT);
    showKept();
  }

  function showKept() {
    back.forEach(({ thumb, node, place }, i) => {
      place.hidden = !kept[i];
      node.disabled = !kept[i];
      if (kept[i]) paint(thumb, kept[i].numbers, now.generator.height, now.generator.width);
    });
  }

  async function save() {
    const name = `${run.value}_${String(++saved).padStart(3, "0")}_picture.png`;
    await savePicture(canvas, SIDE, name);
    tell(`Saved as ${name}, among the downloads of this browser.`);
  }

  function pin(which) {
    keep();
    if (which === "A") a = shown.z;
    else b = shown.z;
    stand(which === "A" ? 0 : 100);
  }

  function goBack(i) {
    a = kept[i].z;
    ask(kept[i].asked);
    stand(0);
  }

  const chooser = element("label", { htmlFor: coordinate.id, textContent: "coordinate of z" });
  home.replaceChildren(
    entitle(home, "Move z by hand: between two points, along directions, at single numbers"),
    element(
      "div",
      { className: "explorer-columns" },
      element("div", { className: "explorer-left" }, canvas, words),
      element(
        "div",
        { className: "explorer-right" },
        ...[run, ...ofClass, mode, blend].map((control) => control.row),
        element("div", { className: "explorer-row" }, walk.node),
        amounts,
        element("div", { className: "explorer-row" }, chooser, coordinate),
        change.row,
      ),
    ),
    element("div", { className: "explorer-buttons" }, ...buttons),
    element("div", { className: "explorer-buttons" }, ...back.map(({ place }) => place)),
  );
  await begin(first);
}
