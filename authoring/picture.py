"""Draw the README's picture from the recorded run of lesson 04: `python -m authoring.picture`."""

from authoring.notebooks import ROOT
from dcgan_course import recorded
from dcgan_course.drawing import labelled_rows_png

EPOCHS = (0, 1, 5, 20, 50, 200)


def main() -> None:
    run = recorded.load_run("mnist_mlp")
    rows = run.frames[[run.frame_epochs.index(epoch) for epoch in EPOCHS]]
    folder = ROOT / "sources" / "pictures"
    folder.mkdir(exist_ok=True)
    png = labelled_rows_png(rows[:, :12], [f"epoch {epoch}" for epoch in EPOCHS])
    (folder / "readme.png").write_bytes(png)


if __name__ == "__main__":
    main()
