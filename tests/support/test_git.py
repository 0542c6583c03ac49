"""Names of blobs, and lines as git counts them."""

from __future__ import annotations

import subprocess

import pytest

from predict_edit.support.git import blob_sha_of, lines_of


@pytest.mark.parametrize("data", [b"", b"a\n", b"\0\xff" * 999, "漢字\r\n".encode()])
def test_blob_sha_is_git_s(data: bytes) -> None:
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True
    )
    assert blob_sha_of(data) == done.stdout.decode().strip()


@pytest.mark.parametrize("text", ["", "a", "a\n", "\n", "a\n\nb", "\r\n\x0b\x0c\x1c\x85\u2028"])
def test_lines_join_to_the_text(text: str) -> None:
    """Lines end at line feeds only, and no text is lost."""
    lines = lines_of(text)
    assert "".join(lines) == text
    assert [line.count("\n") for line in lines[:-1]] == [1] * (len(lines) - 1)
    assert all(lines)
