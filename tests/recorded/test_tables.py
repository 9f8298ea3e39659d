"""Recorded tables as the lessons take them; that each is whole is tested beside the benchmark that made it."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course import recorded
from dcgan_course.errors import CheckpointError
from dcgan_course.recorded.runs import whole
from dcgan_course.recorded.tables import strip_path


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (recorded.guidelines, {"rows", "made", "yardsticks"}),
        (recorded.guidelines_longer, {"rows", "made", "settings"}),
        (recorded.fixes, {"rows", "made", "yardsticks", "controls", "settings"}),
        (recorded.modes_table, {"cells", "runs", "published_epochs"}),
        (recorded.probes, {"cells", "paper", "made"}),
        (recorded.toy_fixes, {"games", "runs", "command", "date"}),
        (recorded.long_trainings, {"distances", "history_of_64", "shown_epochs", "made_on"}),
        (recorded.gpu_speed, {"ladder", "machine", "tflops_of_a_matrix_product"}),
        (recorded.cifar_recipes, {"rows", "steps", "judge", "at_length", "date"}),
    ],
)
def test_a_table_has_what_its_lesson_reads(table, keys):
    assert keys <= table().keys()


@pytest.mark.parametrize("row", recorded.guidelines()["rows"])
def test_samples_are_cut_out_of_the_strip_in_their_order(row):
    samples = recorded.guideline_samples(row)
    assert samples.dtype == torch.uint8 and samples.shape == (len(recorded.guidelines()["rows"][row]), 14, 1, 28, 28)
    assert np.array_equal(samples[1, 3, 0], np.array(Image.open(strip_path(row)))[28:56, 84:112])


def test_every_folder_that_is_shipped_has_the_sums_of_all_its_files():
    folders = [folder for folder in recorded.FOLDER.iterdir() if folder.is_dir() and folder.name != "__pycache__"]
    assert len(folders) > 8
    for folder in folders:
        files = {path.name for path in folder.iterdir()} - {"CARD.md"}
        assert whole(folder.name)["sha256"].keys() == files, folder.name


@pytest.mark.parametrize(
    ("table", "read"),
    [
        ("guidelines", recorded.guidelines),
        ("guidelines_longer", recorded.guidelines_longer),
        ("fixes", recorded.fixes),
        ("guidelines", lambda: recorded.guideline_samples("full recipe")),
        ("modes_table", recorded.modes_table),
        ("probes", recorded.probes),
        ("toy_fixes", recorded.toy_fixes),
        ("cifar_recipes", recorded.cifar_recipes),
        ("gpu_speed", recorded.gpu_speed),
        ("long_trainings", recorded.long_trainings),
        ("long_trainings", recorded.long_film),
    ],
)
def test_a_bit_that_flipped_in_a_table_is_seen(tmp_path, monkeypatch, table, read):
    shutil.copytree(recorded.FOLDER / table, tmp_path / table)
    for room in ("runs", "tables"):
        monkeypatch.setattr(f"dcgan_course.recorded.{room}.FOLDER", tmp_path)
    read()
    for path in sorted((tmp_path / table).iterdir()):
        if path.name != "CARD.md":
            content = path.read_bytes()
            place = content.rindex(b"1") if path.suffix == ".json" else len(content) // 2
            path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
            with pytest.raises(CheckpointError):
                read()
            path.write_bytes(content)
    read()
