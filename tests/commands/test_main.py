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
