// The filter browser: choose a unit of a recorded discriminator, trained or random, and see what moves it, as
// widgets.filter_browser. What it shows was computed when the page was made.

import { columns, element, entitle, menu, sentence, slider } from "./controls.mjs";
import { drawUnit } from "./filter_drawing.mjs";
import { Sheet } from "./sheet.mjs";

const FILTERS_TITLE = "Choose a unit: its top pictures, its windows in them, and the gradients there";
const FILTERS_SEEN = "The unit's top pictures, its windows in them, and the gradients there";

// load: name → Promise of its facts, as authoring.site.units writes them.
export async function filterBrowser(home, run, load) {
  const facts = await load(`units/${run}`);
  const pictures = await loaded(facts.pictures);
  const sheets = {}; // "network_layer" → {layer, guided, plain}
  const last = facts.layers.length - 1;
  const network = menu("weights", facts.networks, facts.networks[0], renew);
  const layer = menu("layer", facts.layers, facts.layers[last], renew);
  const unit = slider("unit", [0, facts.units[last] - 1, 1, 0], draw);
  const sheet = new Sheet(FILTERS_SEEN);
  const legend = element("p", { className: "explorer-note", textContent: facts.legend });
  const words = sentence();
  let now = null;

  const key = () => `${facts.networks.indexOf(network.value)}_${facts.layers.indexOf(layer.value)}`;

  // Another layer has another number of units; a unit that it does not have becomes its last.
  async function renew() {
    const asked = key();
    unit.input.max = facts.units[facts.layers.indexOf(layer.value)] - 1;
    unit.value = unit.value;
    if (!(asked in sheets)) {
      now = null;
      words.textContent = `Loading ${layer.value} …`;
      const found = await load(`units/${run}_${asked}`);
      const [guided, plain] = await Promise.all([loaded(found.guided), loaded(found.plain)]);
      sheets[asked] = { ...found, guided, plain };
    }
    if (asked !== key()) return; // another one was chosen meanwhile
    now = sheets[asked];
    draw();
  }

  function draw() {
    if (now === null) return;
    paintUnit();
    words.textContent = now.units[unit.value].said;
  }

  function paintUnit() {
    const title = `${network.value}: layer ${facts.layers.indexOf(layer.value)}, unit ${unit.value}`;
    if (now !== null) drawUnit(sheet, title, facts, pictures, now, unit.value);
  }

  home.replaceChildren(
    entitle(home, FILTERS_TITLE),
    columns([network.row], [layer.row]),
    unit.row,
    sheet.canvas,
    words,
    legend,
  );
  await renew();
  sheet.whenResized(paintUnit);
}

// A picture that is ready to be drawn.
async function loaded(src) {
  const picture = Object.assign(new Image(), { src });
  await picture.decode();
  return picture;
}
