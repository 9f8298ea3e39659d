// The explorer of transposed convolution: three equal views that move together, as widgets.transposed_explorer.

import { columns, element, entitle, folded, player, quietWhilePlaying, say, sentence, slider } from "./controls.mjs";
import { Sheet } from "./sheet.mjs";
import { TransposedLayer } from "./transposed.mjs";
import { NARROW, VIEW_HEIGHT, drawRefused, drawThreeViews } from "./transposed_drawing.mjs";

const TITLE_OF_VIEWS = "Stamps, a sliding kernel and a product with Cᵀ make the same output";
const PICTURED_VIEWS = "Three views of the layer: stamps, a sliding kernel, and matrix times vector";
const WALK_MILLISECONDS = 12_000; // about how long Play takes, whatever the sizes are
const viewsHigh = (width) => (width < NARROW ? 3 : 1) * VIEW_HEIGHT + 4;

// facts: as authoring.site.explorers writes them.
export function transposedExplorer(home, { settings, how_to_read: howToRead }) {
  let layer;
  let counts; // squares of the input and of the output of the last layer that was possible
  let walked = 0; // steps of Play
  const sizes = Object.fromEntries(
    Object.entries(settings).map(([name, [label, start, low, top]]) => {
      return [name, slider(label, [low, top, 1, start], rebuild)];
    }),
  );
  const squares = [slider("input square", [1, 1, 1, 1], draw), slider("output square", [1, 1, 1, 1], draw)];
  const pause = () => Math.min(500, Math.max(60, WALK_MILLISECONDS / Math.max(...counts)));
  const sheet = new Sheet(PICTURED_VIEWS);
  const words = sentence();
  // Both squares go the same share of their way, so that all views finish together.
  const forward = () => {
    const last = Math.max(...counts);
    walked = walked < last ? walked + 1 : 1;
    moveTo(counts.map((count) => Math.ceil((walked * count) / last)));
    if (walked === last) play.stop();
  };
  const play = player("Play", pause, forward, quietWhilePlaying(words));

  function rebuild() {
    const value = (name) => sizes[name].value;
    layer = new TransposedLayer({
      inputSize: value("input_size"),
      kernelSize: value("kernel_size"),
      stride: value("stride"),
      padding: value("padding"),
      dilation: value("dilation"),
      outputPadding: value("output_padding"),
    });
    const refused = layer.problem !== "";
    if (refused) play.stop();
    else counts = [layer.inputSize ** 2, layer.outputSize ** 2];
    for (const control of [...squares.map((each) => each.input), play.node]) control.disabled = refused;
    moveTo(squares.map((each) => each.value));
  }

  function moveTo(places) {
    squares.forEach((control, i) => {
      control.input.max = counts[i];
      control.value = places[i];
    });
    draw();
  }

  function draw() {
    sheet.begin(viewsHigh);
    if (layer.problem) {
      drawRefused(sheet, layer);
      say(words, "Not possible.", layer.problem, `The formula alone would say: ${layer.formula}.`);
      return;
    }
    const [inputSquare, outputSquare] = squares.map((each) => each.value - 1);
    drawThreeViews(sheet, layer, inputSquare, outputSquare);
    say(words, ...layer.sentences(inputSquare, outputSquare));
  }

  const rows = [...Object.values(sizes), ...squares].map((control) => control.row);
  home.replaceChildren(
    entitle(home, TITLE_OF_VIEWS),
    columns(rows.slice(0, 4), rows.slice(4)),
    element("div", { className: "explorer-row" }, play.node, folded("How to read the three views", howToRead)),
    sheet.canvas,
    words,
  );
  rebuild();
  sheet.whenResized(draw);
}
