"""`python -m dcgan_course sample`, as somebody types it."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course import latent, models
from dcgan_course.__main__ import main
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.training import tensor_file


def test_sheet_walk_and_folder(run, tmp_path):
    assert main(["sample", str(run), "--out", str(tmp_path / "sheet.png"), "--count", "9"]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 * 58 - 2, 2 * 58 - 2)
    assert main(["sample", "mnist_mlp", "--out", str(tmp_path / "walk.webp"), "--count", "3", "--steps", "4"]) == 0
    with Image.open(tmp_path / "walk.webp") as walk:
        assert walk.n_frames == 12
    for name in ("many", "pictures.v1"):
        assert main(["sample", "mnist_mlp", "--out", str(tmp_path / name), "--count", "3"]) == 0
        names = [path.name for path in sorted((tmp_path / name).iterdir())]
        assert names == ["00000.png", "00001.png", "00002.png"]


def test_the_seed_decides(run, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main(["sample", str(run), "--out", str(tmp_path / f"{name}.png"), "--seed", seed])
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "--out", "x.png"], "must be a run's folder, or one of"),
        (["mnist_mlp", "--out", "x.bmp"], "must end in .png"),
        (["mnist_mlp", "--out", "x.png", "--count", "0"], "--count is 0"),
        (["mnist_mlp", "--out", "x.png", "--seed", "-1"], "--seed is -1, but it must be a whole number from 0"),
        (["mnist_mlp", "--out", "x.png", "--seed", str(2**64)], "--seed is 18446744073709551616, but it must"),
        (["mnist_mlp", "--out", ""], "--out is ''"),
        (["mnist_mlp", "--out", "/"], "--out is '/'"),
        (["mnist_mlp", "--out", "x.png", "--count", "2147483648"], "need more memory than this machine has"),
        (["mnist_mlp", "--out", "x" * 300], "cannot be written (File name too long)"),
        (["x" * 300, "--out", "x.png"], "must be a run's folder"),
        (["mnist_mlp", "--out", "afile"], "--out is afile, but it cannot be written (File exists)"),
        (["mnist_mlp", "--out", "afile/x.png"], "cannot be written"),
        (["mnist_mlp", "--out", "afile/x.webp"], "cannot be written"),
        (["mnist_mlp", "--out", "afolder.png"], "cannot be written (Is a directory)"),
    ],
)
def test_refusals(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "afile").write_text("not a folder")
    (tmp_path / "afolder.png").mkdir()
    assert main(["sample", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_finite_weights_that_are_too_large_are_said(run, tmp_path, capsys, network):
    """The file is whole, and every number in it finite; what is computed with them is not."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    tensors, texts = tensor_file.read_tensors(copy / "checkpoint.safetensors")
    parts = {"generator": ("generator/", "ema_generator/"), "discriminator": ("discriminator/",)}[network]
    for name, tensor in tensors.items():
        if name.startswith(parts) and tensor.is_floating_point() and not name.endswith("running_var"):
            tensors[name] = tensor.clamp(-1, 1) * 3e38
    tensor_file.write_tensors(copy / "checkpoint.safetensors", tensors, texts)
    commands = [["sample", str(copy), "--out", str(tmp_path / "x.png")]] if network == "generator" else []
    for words in [*commands, ["evaluate", str(copy), "--count", "200"]]:
        assert main(words) == 2
        said = capsys.readouterr().err
        assert f"The {network}'s " in said and "not finite" in said and said.count("\n") == 1
    assert not (tmp_path / "x.png").exists()


class TestConditional:
    """`sample` of a conditional generator of ten digits, which stands in the place of mnist_dcgan's."""

    @pytest.fixture
    def generator(self, monkeypatch):
        torch.manual_seed(0)
        generator = models.ConditionalGenerator(10, 28, 8, 1, 2).eval()
        monkeypatch.setattr("dcgan_course.commands.sample.networks_of", lambda run: (generator, None))
        return generator

    def read(self, path):
        with Image.open(path) as picture:
            return np.array(picture)

    def test_a_sheet_has_a_row_for_each_class_from_the_same_z(self, generator, tmp_path, capsys):
        sheet = tmp_path / "sheet.png"
        assert main(["sample", "mnist_dcgan", "--out", str(sheet)]) == 0
        z = latent.sample(8, 8, 0)
        rows = [generator(z, torch.full((8,), label)) for label in range(10)]
        assert (self.read(sheet) == np.array(tile_pictures(torch.cat(rows), columns=8, zoom=2))).all()
        shown = capsys.readouterr().out
        assert "80 pictures" in shown and "A row is a class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. A column is a z" in shown

    def test_rows_that_go_round_again_have_other_z(self, generator, tmp_path):
        sheet = tmp_path / "sheet.png"
        assert main(["sample", "mnist_dcgan", "--out", str(sheet), "--count", "88"]) == 0
        z = latent.sample(88, 8, 0)
        rows = [generator(z[:8], torch.full((8,), label)) for label in range(10)] + [
            generator(z[8:16], torch.zeros(8, dtype=torch.int64))
        ]
        assert (self.read(sheet) == np.array(tile_pictures(torch.cat(rows), columns=8, zoom=2))).all()

    def test_one_class(self, generator, tmp_path, capsys):
        sheet = tmp_path / "sheet.png"
        assert main(["sample", "mnist_dcgan", "--out", str(sheet), "--class", "7", "--count", "9"]) == 0
        pictures = generator(latent.sample(9, 8, 0), torch.full((9,), 7))
        assert (self.read(sheet) == np.array(tile_pictures(pictures, columns=8, zoom=2))).all()
        assert "A row is a class" not in capsys.readouterr().out

    def test_a_walk_and_folders(self, generator, tmp_path, capsys):
        walk = ["sample", "mnist_dcgan", "--out", str(tmp_path / "walk.webp"), "--count", "3", "--steps", "4"]
        assert main(walk) == 2
        assert "--out is walk.webp, a walk, and it stays with one class: add --class, such as 0." in (
            capsys.readouterr().err
        )
        assert main([*walk, "--class", "7"]) == 0
        with Image.open(tmp_path / "walk.webp") as film:
            assert film.n_frames == 12
        assert main(["sample", "mnist_dcgan", "--out", str(tmp_path / "many"), "--count", "12"]) == 0
        found = sorted(str(path.relative_to(tmp_path / "many")) for path in (tmp_path / "many").glob("*/*"))
        assert found == sorted(f"{number % 10}/{number:05d}.png" for number in range(12))

    @pytest.mark.parametrize("asked", ["10", "-1", "seven", "", "7.0", "٣", "9" * 5000])
    def test_what_is_no_class(self, generator, asked, tmp_path, capsys):
        assert main(["sample", "mnist_dcgan", "--out", str(tmp_path / "sheet.png"), f"--class={asked}"]) == 2
        assert "but it must be a number from 0 to 9, or one of: 0, 1, 2" in capsys.readouterr().err

    def test_a_class_has_a_name_too(self, generator, tmp_path, capsys):
        for name, asked in (("a", "horse"), ("b", "7")):
            command = ["sample", "cifar10_dcgan_32", "--out", str(tmp_path / f"{name}.png"), "--class", asked]
            assert main(command) == 0
        assert (self.read(tmp_path / "a.png") == self.read(tmp_path / "b.png")).all()


def test_a_class_of_a_generator_that_is_not_conditional(tmp_path, capsys):
    assert main(["sample", "mnist_dcgan", "--out", str(tmp_path / "sheet.png"), "--class", "7"]) == 2
    assert "--class is 7, but the generator of mnist_dcgan is not conditional: leave it out" in capsys.readouterr().err


def test_a_conditional_run_of_ones_own(conditional_run, tmp_path, capsys):
    sheet = tmp_path / "sheet.png"
    assert main(["sample", str(conditional_run), "--out", str(sheet)]) == 0
    with Image.open(sheet) as picture:
        assert picture.size == (8 * 58 - 2, 10 * 58 - 2)
    assert "A row is a class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in capsys.readouterr().out
    assert main(["sample", str(conditional_run), "--out", str(sheet), "--class", "10"]) == 2
    assert "--class is '10', but it must be a number from 0 to 9" in capsys.readouterr().err
