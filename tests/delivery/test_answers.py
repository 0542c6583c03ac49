"""What is remembered between runs, in how little room."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.delivery.ledger import (
    DECLINED,
    MAX_ENTRIES,
    UNCHANGED,
    Ledger,
    answer_of,
    question_of,
)
from predict_edit.domain import Finding
from predict_edit.settings.resolve import ModelSettings
from predict_edit.support.markers import Marker, find_marker

DIGEST = st.binary(min_size=9, max_size=9)
FINDING = Finding(
    path="a.py", line=1, end_line=1, column=1, rule="F401", message="x", tool="t", level="error"
)


def question(**changes: object) -> bytes:
    """What is asked about a file."""
    asked: dict[str, object] = {
        "path": "a.py",
        "blob_sha": "1" * 40,
        "findings": (FINDING,),
        "instruction": "Fix it",
        "settings": ModelSettings(model="m"),
        "anywhere": False,
    }
    given = {**asked, **changes}
    path, blob_sha, findings = given.pop("path"), given.pop("blob_sha"), given.pop("findings")
    return question_of(path, blob_sha, findings, **given)  # type: ignore[arg-type]  # any value is tried


@hypothesis.given(st.dictionaries(DIGEST, DIGEST, max_size=50))
def test_round_trip_in_a_marker(answers: dict[bytes, bytes]) -> None:
    """Whatever is remembered survives in the hidden marker of a pull request."""
    body = str(Marker("pull", {"ledger": Ledger(answers).pack()}))
    found = find_marker(f"text\n\n{body}\n", "pull")

    assert found is not None
    assert Ledger.unpack(found.fields["ledger"]).answers == answers


@hypothesis.given(st.text(max_size=80))
def test_anything_is_read(text: str) -> None:
    """A damaged ledger is an empty one, never an error."""
    assert isinstance(Ledger.unpack(text), Ledger)


def test_bounded() -> None:
    """However many files there are, the ledger leaves room for the text."""
    many = {n.to_bytes(9): bytes(9) for n in range(5_000)}
    packed = Ledger(many).pack()

    assert len(packed) == 24 * MAX_ENTRIES <= 40_000
    assert len(Ledger.unpack(packed).answers) == MAX_ENTRIES


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "b.py"},
        {"blob_sha": "2" * 40},
        {"findings": ()},
        {"instruction": "Fix it all"},
        {"settings": ModelSettings(model="other")},
        {"anywhere": True},
    ],
)
def test_everything_asked_counts(changes: dict[str, object]) -> None:
    """Another file, blob, finding, instruction or model is another question."""
    assert question() == question()
    assert question(**changes) != question()


def test_declined() -> None:
    """After a no, edits are declined; files that need no edit stay so."""
    ledger = Ledger({b"a" * 9: answer_of("12" * 20), b"b" * 9: UNCHANGED}).declined()

    assert ledger.answers == {b"a" * 9: DECLINED, b"b" * 9: UNCHANGED}
