"""`python -m dcgan_course sample`, as somebody types it."""

import shutil

import pytest
from PIL import Image

from dcgan_course.__main__ import main
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
