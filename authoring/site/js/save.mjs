// Saves what a picture shows as a PNG, by a link with a name to download; nothing leaves the browser.

import { element } from "./controls.mjs";

// canvas: in the picture's own pixels. side: on the screen; each pixel becomes a square, as the notebooks save it.
export async function savePicture(canvas, side, name) {
  const zoom = Math.max(1, Math.floor(side / canvas.width));
  const enlarged = element("canvas", { width: zoom * canvas.width, height: zoom * canvas.height });
  const context = enlarged.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, enlarged.width, enlarged.height);
  const content = await new Promise((done) => enlarged.toBlob(done, "image/png"));
  const href = URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // when it has long been read
}
