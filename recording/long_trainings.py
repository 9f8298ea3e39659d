"""What 200 epochs on CIFAR-10 did: distances by epoch of four trainings, and the film of one that fell and came back.

python -m recording cifar10_dcgan_32; python -m recording cifar10_dcgan_64           on a GPU, minutes each
python -m recording cifar10_dcgan_32 --seed 1; python -m recording cifar10_dcgan_32 --seed 2
python -m recording.long_trainings      takes what they left under build/recorded into the course

The weights of the 64×64 training are not taken: at its end it was farther from the pictures than the shorter one that
the course ships, and they need 12.7 MB. Its folder is moved to build/recorded first, so that the shipped one stays.
"""

import json
import sys
from typing import Any

import numpy as np
from PIL import Image

from dcgan_course import recorded
from dcgan_course.files import read_json
from recording.dcgan import FRAME_PICTURES, UNDER_WAY
from recording.files import write_card

FOLDER = recorded.FOLDER / "long_trainings"
LONG = UNDER_WAY / "cifar10_dcgan_64"
TRAININGS = {
    "32×32, seed 0": "cifar10_dcgan_32_width64",
    "32×32, seed 1": "cifar10_dcgan_32_width64_seed1",
    "32×32, seed 2": "cifar10_dcgan_32_width64_seed2",
    "64×64, seed 0": "cifar10_dcgan_64_width64",
}
SHOWN_EPOCHS, SHOWN_PICTURES = (1, 10, 25, 40, 50, 75, 100, 125, 150, 200), 8


def film_rows(card: dict[str, Any], epochs: list[float]) -> Image.Image:
    """Return a picture with a row for each of SHOWN_EPOCHS: the same z, as the sheet of all epochs has them."""
    side = card["network"]["image_size"]
    with Image.open(LONG / "frames.webp") as sheet:
        pixels = np.array(sheet.convert("RGB"))
    frames = pixels.reshape(len(epochs), side, FRAME_PICTURES * side, 3)
    rows = [frames[epochs.index(epoch), :, : SHOWN_PICTURES * side] for epoch in SHOWN_EPOCHS]
    return Image.fromarray(np.concatenate(rows))


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    card, record = read_json(LONG / "card.json"), read_json(LONG / "history.json")
    distances = {name: read_json(UNDER_WAY / f"{stem}_distances.json") for name, stem in TRAININGS.items()}
    results = {
        "distances": distances,
        "what": card["distance"],
        "history_of_64": {key: record["history"][key] for key in ("discriminator_loss", "generator_loss", "p_real")},
        "shown_epochs": SHOWN_EPOCHS,
        "made_on": f"{card['hardware']}, torch {card['torch']}, {card['date']}",
    }
    (FOLDER / "results.json").write_text(json.dumps(results, ensure_ascii=False) + "\n", encoding="utf-8")
    film_rows(card, record["frame_epochs"]).save(FOLDER / "film.webp", quality=92, method=6)
    facts = {
        "what": "four trainings of a DCGAN of width 64 on CIFAR-10: distances by epoch, and of the one at 64×64 losses "
        "by epoch and the same z at ten epochs",
        "data": card["data"],
        "remark": card["remark"],
        "command": "python -m recording.long_trainings, after the four trainings that it names",
        "seed": "0, 1 and 2 at 32×32, 0 at 64×64",
        "epochs": ", ".join(f"{name}: {rows[-1]['epoch']}" for name, rows in distances.items()),
        "distance": card["distance"],
        "minutes": f"64×64: {card['minutes']}, beside other trainings on the same card",
        **{key: card[key] for key in ("date", "torch", "hardware")},
        "weights": "not shipped; at 64×64 the course ships a shorter training that ended nearer to the pictures",
    }
    write_card(FOLDER, facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
