"""Names of blobs."""

from __future__ import annotations

import subprocess

import pytest

from predict_edit.support.git import blob_sha_of


@pytest.mark.parametrize("data", [b"", b"a\n", b"\0\xff" * 999, "漢字\r\n".encode()])
def test_blob_sha_is_git_s(data: bytes) -> None:
    """A blob has the name that git gives it."""
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True
    )
    assert blob_sha_of(data) == done.stdout.decode().strip()
