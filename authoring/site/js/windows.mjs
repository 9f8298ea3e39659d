// Where a unit's window lies, as dcgan_course.interpretability.unit_figures draws it. Rectangles are [x, y, width, height].

// What of a window lies in the picture, and where it stands in a tile that shows the whole window.
// corner: [top, left] of the window. window, size: [height, width] of window and picture. tile: [width, height].
export function partInside([top, left], [high, wide], [height, width], [tileWide, tileHigh]) {
  const [x0, y0] = [Math.max(left, 0), Math.max(top, 0)];
  const [x1, y1] = [Math.min(left + wide, width), Math.min(top + high, height)];
  const [across, down] = [tileWide / wide, tileHigh / high];
  const [from, upper] = [roundToEven((x0 - left) * across), roundToEven((y0 - top) * down)];
  const [to, lower] = [roundToEven((x1 - left) * across), roundToEven((y1 - top) * down)];
  return {
    ofPicture: [x0, y0, x1 - x0, y1 - y0],
    ofWindow: [x0 - left, y0 - top, x1 - x0, y1 - y0],
    inTile: [from, upper, to - from, lower - upper],
    whole: x1 - x0 === wide && y1 - y0 === high,
  };
}

// Where the frame of a window stands on a tile that shows the whole picture.
export function frameOnPicture(corner, window, [height, width], [tileWide, tileHigh]) {
  const [x, y, wide, high] = partInside(corner, window, [height, width], [tileWide, tileHigh]).ofPicture;
  const [across, down] = [tileWide / width, tileHigh / height];
  return [x * across, y * down, wide * across, high * down];
}

// As Python rounds: a half goes to the even neighbour.
function roundToEven(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 !== 0 ? near - 1 : near;
}
