from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import ChangedFile, SkippedFile, SourceFile
from predict_edit.domain.repository import FileContent
from predict_edit.select.content import MAX_LINE, open_files, open_source
from predict_edit.select.gitattributes import GitAttributes
from predict_edit.support.git import blob_sha_of

REGULAR = 0o100644
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)


def content(
    data: bytes | None, mode: int = REGULAR, path: str = "a.txt", **fields: Any
) -> FileContent:
    """A file as it was read."""
    sha = blob_sha_of(data) if data is not None else "0" * 40
    size = len(data) if data is not None else 0
    arguments: dict[str, Any] = {"size": size, **fields}
    return FileContent(path=path, blob_sha=sha, data=data, mode=mode, **arguments)


def changed_file(path: str) -> ChangedFile:
    """A file that a pull request changes."""
    return ChangedFile(
        path=path, status="modified", blob_sha=None, additions=1, deletions=0, patch=None
    )


@pytest.mark.parametrize(
    ("data", "mode", "says"),
    [
        # by mode
        (None, 0o160000, "a submodule"),
        (b"target", 0o120000, "a symbolic link"),
        (b"target\n", 0o120000, "a symbolic link"),
        (b"a\n", 0o040000, "not a regular file (mode 040000)"),
        (b"a\n", 0, "not a regular file (mode 000000)"),
        # by content
        (b"", REGULAR, "empty"),
        (b"a\0b\n", REGULAR, "binary"),
        (b"\x89PNG\r\n\x1a\n\0", REGULAR, "binary"),
        (b"a" * 100_000 + b"\0", REGULAR, "binary"),  # however late
        ("hé\n".encode("latin-1"), REGULAR, "not UTF-8 text (byte 2"),
        (b"\xc0\xaf\n", REGULAR, "not UTF-8"),  # an overlong form
        (b"\xed\xa0\x80\n", REGULAR, "not UTF-8"),  # a surrogate
        ("héllo\n".encode("utf-16"), REGULAR, "not UTF-8 text (UTF-16)"),
        ("héllo\n".encode("utf-32"), REGULAR, "not UTF-8 text (UTF-32)"),
        (POINTER, REGULAR, "a pointer of Git LFS"),
    ],
)
def test_skipped(data: bytes | None, mode: int, says: str) -> None:
    """A file that is not text of the repository's own is skipped, with the reason."""
    found = open_source(None, content(data, mode))
    assert isinstance(found, SkippedFile)
    assert found.path == "a.txt"
    assert says in found.reason


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (b"a\n", REGULAR),
        (b"#!/bin/sh\n", 0o100755),
        (b"a\n", 0o100664),  # written by old versions of git
        (b"no line end", REGULAR),
        (b"\n", REGULAR),
        (b"two\nlines", REGULAR),
        (b"x" * 4096, REGULAR),
        (b"\xef\xbb\xbfa\r\nb\r\n", REGULAR),  # a mark and a browser's line ends
        ("漢字\t👩\u200d💻 \u2028 \x0c\n".encode(), REGULAR),
        (POINTER + b"x" * 1024, REGULAR),  # a text about pointers
        (b"About https://git-lfs.github.com/spec/v1\n", REGULAR),
        (b"\r\r\n\x85".replace(b"\x85", b""), REGULAR),
    ],
)
def test_opened(data: bytes, mode: int) -> None:
    """A text is opened with every byte kept."""
    change = changed_file("a.txt")
    found = open_source(change, content(data, mode))
    assert isinstance(found, SourceFile)
    assert found.text.encode("utf-8") == data
    assert found.blob_sha == blob_sha_of(data)
    assert found.change is change


@pytest.mark.parametrize(
    ("data", "fields", "says"),
    [
        (b"x\n" * 6, {}, "too large (12 bytes; the limit is 10)"),
        (None, {"size": 11}, "too large (11 bytes"),  # known without being sent
        (None, {"size": 5}, "could not be read"),
        (None, {"size": 5, "binary": True}, "binary"),
        (None, {"size": 500, "binary": True}, "binary"),
    ],
)
def test_sizes(data: bytes | None, fields: dict[str, Any], says: str) -> None:
    """Too large and unread files are skipped, whether or not their data was sent."""
    found = open_source(None, content(data, **fields), max_bytes=10)
    assert isinstance(found, SkippedFile)
    assert says in found.reason


def test_the_limit_itself() -> None:
    assert isinstance(open_source(None, content(b"x\n" * 5), max_bytes=10), SourceFile)


def test_every_file_is_opened_or_has_its_reason() -> None:
    """A file that was not read is skipped like any other that cannot be opened."""
    files = [changed_file(path) for path in ("a.txt", "missing.txt", "link.txt")]
    contents = {
        "a.txt": content(b"a\n", path="a.txt"),
        "link.txt": content(b"a.txt", 0o120000, path="link.txt"),
    }
    sources, skipped = open_files(files, contents)
    assert [(source.path, source.change) for source in sources] == [("a.txt", files[0])]
    assert [(file.path, file.reason) for file in skipped] == [
        ("missing.txt", "its content could not be read"),
        ("link.txt", "a symbolic link"),
    ]
    (source,), _ = open_files(files, contents, in_pull_request=False)
    assert source.change is None


@pytest.mark.parametrize(
    ("path", "text", "minified"),
    [
        ("a.js", ("x" * 120 + "\n") * 3, True),  # linguist's rule for code
        ("a.css", "x" * 120, True),
        ("a.MJS", "x" * 120, True),
        ("a.js", ("x" * 110 + "\n") * 3, False),
        ("a.js", "x" * 500 + "\n" * 20, False),  # one long line among short ones
        ("a.md", ("x" * 500 + "\n") * 3, False),  # paragraphs are long
        ("a.json", "x" * MAX_LINE, False),
        ("a.json", "x" * (MAX_LINE + 1), True),  # whatever it is
        ("a.txt", "x\n" + "y" * (MAX_LINE + 1) + "\nz", True),
        ("a.js", "\n", False),
    ],
)
def test_minified(path: str, text: str, minified: bool) -> None:
    """Minified files are skipped, unless the base says they were not generated."""
    found = open_source(None, content(text.encode(), path=path))
    assert isinstance(found, SkippedFile) == minified
    if isinstance(found, SkippedFile):
        assert "minified" in found.reason
    attributes = GitAttributes.parse({".gitattributes": "* -linguist-generated"})
    written = open_source(None, content(text.encode(), path=path), attributes=attributes)
    assert isinstance(written, SourceFile)


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    st.sampled_from([REGULAR, 0o100755, 0o120000, 0o160000]),
    st.sampled_from(["a.js", "a.txt"]),
)
def test_opening_keeps_or_says_why(data: bytes, mode: int, path: str) -> None:
    """Any data is opened without the loss of a byte, or skipped with a reason."""
    found = open_source(None, content(data, mode, path))
    if isinstance(found, SkippedFile):
        assert found.reason
    else:
        assert found.text.encode() == data
        assert b"\0" not in data
        assert mode in {REGULAR, 0o100755}
