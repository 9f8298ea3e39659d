// One slider through latent space: a walk in a circle through random z, as widgets.latent_slider.

import { element, entitle, paint, picture, player, quietWhilePlaying, sentence, slider } from "./controls.mjs";
import { Generator } from "./generator.mjs";
import { slerp } from "./paths.mjs";

const STEPS = 20; // moves from one z to the next

export function latentSlider(home, facts, points) {
  const generator = new Generator(facts);
  const last = points.length * STEPS - 1;
  const canvas = picture("What G draws at this place in z", 224);
  const words = sentence();
  const place = slider("place in z", [0, last, 1, 0], draw);
  const forward = () => {
    place.value = place.value < last ? place.value + 1 : 0;
    draw();
  };
  const walk = player("Walk", 120, forward, quietWhilePlaying(words));

  function draw() {
    const point = Math.floor(place.value / STEPS);
    const share = (place.value % STEPS) / STEPS;
    const following = (point + 1) % points.length;
    const z = slerp(points[point], points[following], share);
    paint(canvas, generator.draw(z), generator.height, generator.width);
    words.textContent =
      share === 0
        ? `Here z is point ${point + 1} of ${points.length}, exactly as it was drawn.`
        : `Here z is ${Math.round(100 * share)} % of the way from point ${point + 1} to point ${following + 1}.`;
  }

  home.replaceChildren(
    entitle(home, "A walk in a circle through random z: no picture jumps"),
    element("div", { className: "explorer-row" }, walk.node),
    place.row,
    canvas,
    words,
  );
  draw();
}
