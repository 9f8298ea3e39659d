"""Draw the README's picture from the recorded run of lesson 04: `python -m authoring.picture`."""

from authoring.notebooks import ROOT
from dcgan_course import pretrained
from dcgan_course.drawing import Canvas, tile_pictures

EPOCHS = (0, 1, 5, 20, 50, 200)
LABEL, HEAD, ZOOM, SCALE = 92, 8, 3, 2


def main():
    run = pretrained.load_run("mnist_mlp")
    rows = run.frames[[run.frame_epochs.index(epoch) for epoch in EPOCHS]]
    sheet = tile_pictures(rows[:, :12].flatten(0, 1), columns=12, zoom=ZOOM)
    canvas = Canvas(LABEL + sheet.width // SCALE + HEAD, sheet.height // SCALE + 2 * HEAD, scale=SCALE)
    canvas.image.paste(sheet.convert("RGB"), (LABEL * SCALE, HEAD * SCALE))
    row_height = sheet.height / SCALE / len(EPOCHS)
    for number, epoch in enumerate(EPOCHS):
        canvas.text(LABEL - 10, HEAD + (number + 0.5) * row_height, f"epoch {epoch}", size=14, anchor="rm")
    folder = ROOT / "sources" / "pictures"
    folder.mkdir(exist_ok=True)
    (folder / "readme.png").write_bytes(canvas.png())


if __name__ == "__main__":
    main()
