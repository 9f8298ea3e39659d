// A film that is moved by hand or plays, as widgets.scrub: one frame at a time, with its label below.

import { element, player, quietWhilePlaying, sentence, slider } from "./controls.mjs";

// frames: addresses of the pictures. labels: a sentence for each. interval: ms a frame. seen: what the frames show.
export function film(home, { frames, labels, interval, seen, size: [width, height] }) {
  const last = frames.length - 1;
  const shown = element("img", { className: "figure-of-a-cell", width, height });
  const words = sentence();
  const place = slider("frame", [0, last, 1, 0], () => {
    play.stop();
    draw();
  });
  const play = player(
    "Play the film",
    interval,
    () => {
      place.value = place.value < last ? place.value + 1 : 0;
      draw();
    },
    quietWhilePlaying(words),
  );
  let ahead = [];

  function draw() {
    if (ahead.length === 0) ahead = frames.map((src) => Object.assign(new Image(), { src })); // no frame comes late
    shown.src = frames[place.value];
    shown.alt = `${seen}: ${labels[place.value]}`;
    words.textContent = labels[place.value];
  }

  home.setAttribute("role", "group");
  home.setAttribute("aria-label", `A film of ${frames.length} frames`);
  home.replaceChildren(element("div", { className: "explorer-row" }, play.node), place.row, shown, words);
  draw();
}
