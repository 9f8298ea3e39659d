// The convolution explorer: choose the sizes, walk the window, read the sum, as widgets.convolution_explorer.

import { columns, entitle, menu, player, quietWhilePlaying, say, sentence, slider } from "./controls.mjs";
import { Scene, kernelTaps, pictureNumbers } from "./scene.mjs";
import { drawImpossible, drawScene } from "./scene_drawing.mjs";
import { Sheet } from "./sheet.mjs";

const TITLE = "The window stops at each legal place, and each place gives one number";
const PICTURED = "The window on the picture, the kernel, and the output as far as it is filled";
const MILLISECONDS = 500; // at each place of the walk
const high = (width) => (width < 560 ? 540 : 320); // never another one, so that the page does not jump

// facts: as authoring.site.explorers writes them.
export function convolutionExplorer(home, { settings, kernels, pictures, padding_values: paddingValues, random }) {
  let scene;
  const sizes = Object.fromEntries(
    Object.entries(settings).map(([name, [label, start, low, top]]) => {
      return [name, slider(label, [low, top, 1, start], rebuild)];
    }),
  );
  const kernel = menu("kernel", kernels, kernels[0], rebuild);
  const picture = menu("picture", pictures, pictures[0], rebuild);
  const padWith = menu("pad with", Object.keys(paddingValues), Object.keys(paddingValues)[0], rebuild);
  const position = slider("output square", [1, 1, 1, 1], () => draw());
  const sheet = new Sheet(PICTURED);
  const words = sentence();
  const forward = () => {
    const last = scene.outputSize ** 2;
    position.value = position.value < last ? position.value + 1 : 1;
    draw();
    if (position.value === last) walk.stop();
  };
  const walk = player("Walk the window", MILLISECONDS, forward, quietWhilePlaying(words));

  function rebuild() {
    const { input_size: inputSize, kernel_size: kernelSize, stride, padding, dilation } = sizes;
    scene = new Scene({
      picture: pictureNumbers(picture.value, inputSize.value, random),
      ...kernelTaps(kernel.value, kernelSize.value),
      stride: stride.value,
      padding: padding.value,
      dilation: dilation.value,
      paddingValue: paddingValues[padWith.value],
    });
    const possible = scene.outputSize > 0;
    if (!possible) walk.stop();
    position.input.max = Math.max(1, scene.outputSize ** 2);
    position.value = position.input.value; // a smaller range may have moved it
    position.input.disabled = walk.node.disabled = !possible;
    draw();
  }

  function draw() {
    sheet.begin(high);
    if (scene.outputSize === 0) {
      drawImpossible(sheet, scene);
      say(words, scene.whyImpossible());
      return;
    }
    const index = position.value - 1;
    const place = [Math.floor(index / scene.outputSize), index % scene.outputSize];
    drawScene(sheet, scene, place, index + 1);
    say(words, ...scene.sentences(index));
  }

  const left = Object.values(sizes).map((control) => control.row);
  const right = [kernel.row, picture.row, padWith.row, position.row, walk.node];
  home.replaceChildren(entitle(home, TITLE), columns(left, right), sheet.canvas, words);
  rebuild();
  sheet.whenResized(draw);
}
