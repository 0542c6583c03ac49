"""The README's picture is that of today's demonstration."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import picture
from predict_edit_sandbox.demo import run_demo

pytestmark = pytest.mark.source


def test_the_picture_is_the_demonstration(tmp_path: Path) -> None:
    """Drawn anew it is the committed one: the command, the summary, and a suggestion."""
    assert run_demo(out=tmp_path / "demo", console=Console(file=io.StringIO())) == 0
    drawn: str = picture.draw(tmp_path / "demo")
    words = re.sub(r"<[^>]*>", "", drawn.partition("</style>")[2])

    assert drawn == picture.PICTURE.read_text(encoding="utf-8"), "run `make picture`"
    assert "/predict-edit Replace string FizzBuzz with MSFTBuzz." in words
    assert "19 suggestions in 11 of 13 files. Review them." in words
    assert 'print("MSFTBuzz")' in words.replace("&quot;", '"')
    assert "Commit suggestion" in words
    assert len(drawn) < 200_000
