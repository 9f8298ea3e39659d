"""`python -m dcgan_course`: what all commands have in common."""

import pytest

from dcgan_course.__main__ import main


@pytest.mark.parametrize("command", ["train", "sample", "evaluate"])
def test_the_help_says_what_each_option_does(command, capsys, monkeypatch):
    """An option with a default and no word on what it is helps nobody."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = [line.split("  ", 2)[-1].strip() for line in capsys.readouterr().out.splitlines() if " --" in line[:6]]
    assert len(options) > 2
    for text in options:
        assert len(text.split("default")[0].split()) >= 2, text


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--data", "drawn_objects", "--out", "{}"],
        ["train", "--resume", "--out", "{}"],
        ["train", "--data", "folder:{}", "--out", "run"],
        ["sample", "{}", "--out", "sheet.png"],
        ["sample", "mnist_mlp", "--out", "{}"],
        ["evaluate", "{}"],
        ["evaluate", "mnist_mlp", "--data", "folder:{}"],
        ["open", "{}"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["x" * 5_000, "/dev/null/x"])
def test_a_path_that_the_system_refuses_is_a_sentence(words, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([word.format(name) for word in words]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said and 10 < len(said.strip().splitlines()[-1]) and said.strip().endswith(".")
