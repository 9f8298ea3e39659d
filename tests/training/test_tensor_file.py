import os

import pytest
import torch

from dcgan_course.errors import CheckpointError
from dcgan_course.training import tensor_file
from dcgan_course.training.tensor_file import read_header, read_tensors


@pytest.fixture
def path(tmp_path):
    """A file of two tensors and a text."""
    tensor_file.write_tensors(tmp_path / "a.safetensors", {"one": torch.ones(9), "two": torch.zeros(2)}, {"say": "so"})
    return tmp_path / "a.safetensors"


def test_the_header_has_names_and_texts(path):
    assert read_header(path) == ({"one", "two"}, {"say": "so"})
    assert read_tensors(path)[1] == {"say": "so"}


@pytest.mark.parametrize("read", [read_tensors, read_header])
@pytest.mark.parametrize("size", [0, 7, 60, -1])
def test_a_file_that_is_cut_short_is_said(path, read, size):
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="a.safetensors is cut short or is not a safetensors file"):
        read(path)


@pytest.mark.parametrize("read", [read_tensors, read_header])
def test_a_file_that_cannot_be_read_is_said(tmp_path, read):
    for name in ("none.safetensors", "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(CheckpointError, match=f"{name} cannot be read"):
            read(tmp_path / name)


def test_a_kill_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.safetensors"
    tensor_file.write_tensors(path, {"a": torch.ones(2)}, {})

    def die(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        tensor_file.write_tensors(path, {"a": torch.zeros(2)}, {})
    monkeypatch.undo()
    assert torch.equal(tensor_file.read_tensors(path)[0]["a"], torch.ones(2))
