"""What a run leaves for the next one, packed and opened again."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import random
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.delivery import state
from predict_edit.delivery.state import (
    LIMIT,
    MAX_ANSWERS,
    MAX_UNPACKED,
    UNCHANGED,
    Memory,
    Piece,
    Record,
    is_sealed,
    key_of,
    pack,
    question_of,
    unpack,
    unpack_old_answers,
)
from predict_edit.domain.edits import (
    Aim,
    ChangedFile,
    EditRequest,
    Effort,
    Finding,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.suggest.diff import hunks_between
from predict_edit.support.git import blob_sha_of
from predict_edit.support.markers import Marker, find_marker

EFFORT = Effort(
    usage=Usage(prompt_tokens=7, accepted_prediction_tokens=0),
    cost=Decimal("0.00125"),
    model="m",
    prediction=PredictionState.SENT,
    attempts=2,
    seconds=1.25,
)
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "\r\n", "\x0c\n", "ü\u2028\n", "\n"])).map("".join)


def source(text: str, path: str = "a.py") -> SourceFile:
    """A file with its blob SHA."""
    return SourceFile(path=path, text=text, blob_sha=blob_sha_of(text.encode()))


def record(old: str, new: str, path: str = "a.py") -> Record:
    return Record.of(source(old, path), "key", new, hunks_between(old, new), EFFORT)


@given(TEXTS, TEXTS, st.text(max_size=20))
def test_what_is_packed_comes_back(old: str, new: str, secret: str) -> None:
    """Any edit survives packing into a marker, byte for byte, with its figures."""
    memory = Memory(records={"a.py": record(old, new)}, figures={"hunks": "3"})
    marker = Marker("summary", {"command": "c", "memory": pack(memory, secret)})
    found = find_marker(f"text\n{marker}\n", "summary")

    assert found is not None
    again = unpack(found.fields["memory"], secret)
    assert again == memory
    assert again.records["a.py"].edited(old) == new


@given(st.binary(max_size=200), st.text(max_size=10))
def test_anything_can_be_opened(data: bytes, seal: str) -> None:
    """Anything that is not a memory is read as an empty one; nothing is raised."""
    assert unpack(f"{seal}.{base64.b64encode(data).decode()}", "s") == Memory()
    assert unpack(seal, None) == Memory()


def sealed(data: bytes) -> str:
    """Data with the seal of a run without a key."""
    seal = hmac.digest(b"predict-edit memory ", data, "sha256").hex()[:32]
    return f"{seal}.{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(b" " * (MAX_UNPACKED + 1) + b"{}"),  # grows beyond the bound
        zlib.compress(b'{"records":{}}')[:-3],  # cut off
        zlib.compress(b"[1, 2"),
        zlib.compress(b'{"records":{"a":{"path":1}}}'),
        zlib.compress(b"[" * 100_000),
        b"no zlib",
    ],
)
def test_hostile_data_under_a_right_seal(data: bytes) -> None:
    """Bounds and shape are checked even if the seal fits."""
    assert unpack(sealed(data), None) == Memory()
    assert unpack(sealed(zlib.compress(b'{"figures":{"a":"1"}}')), None).figures == {"a": "1"}


def test_other_key_opens_nothing() -> None:
    """Data sealed with another key, or with none, is not used."""
    packed = pack(Memory(figures={"a": "1"}), "one")

    assert unpack(packed, "two") == unpack(packed, None) == Memory()


def test_what_does_not_fit_is_left_out() -> None:
    """Within the limit the small edits are kept; the large ones cost tokens again."""
    rng = random.Random(1)
    sizes = {f"f{n}": 50 * 4**n for n in range(8)}
    records = {
        path: record("a\n", "".join(rng.choices("abcdefghij", k=size)) + "\n", path)
        for path, size in sizes.items()
    }
    packed = pack(Memory(records=records), "s", 5_000)
    kept = unpack(packed, "s").records

    assert 2_000 < len(packed) <= 5_000
    assert list(kept) == list(sizes)[: len(kept)]
    assert 3 <= len(kept) < 8
    assert pack(Memory(records=records), "s", 10) == ""


def test_path_that_is_not_unicode_is_not_remembered() -> None:
    """A path with half a surrogate pair loses its memory, and nothing else does."""
    records = {path: record("a\n", "b\n", path) for path in ("good", "bad\ud800")}

    assert list(unpack(pack(Memory(records=records), "s"), "s").records) == ["good"]


@pytest.mark.parametrize(
    "pieces",
    [
        (Piece(start=0, count=1, added=()),),
        (Piece(start=9, count=1, added=()),),
        (Piece(start=1, count=-1, added=()),),
        (Piece(start=2, count=1, added=()), Piece(start=1, count=1, added=())),
        (Piece(start=1, count=1, added=("other\n",)),),
    ],
)
def test_wrong_pieces_are_not_an_edit(pieces: tuple[Piece, ...]) -> None:
    """Pieces that do not lead to the remembered blob are not used."""
    wrong = Record(path="a", before="b", key="k", after="0" * 40, pieces=pieces, effort=EFFORT)

    assert wrong.edited("a\nb\n") is None


def test_key_names_everything_the_answer_depends_on() -> None:
    """Another instruction, aim, diff, model, endpoint or context is another question."""
    asked: dict[str, Any] = {"model": "m", "base_url": None, "context": "diff"}
    change = ChangedFile(
        path="a", status="modified", blob_sha=None, additions=1, deletions=0, patch="@@ x"
    )
    file = SourceFile(path="a", text="t", blob_sha="b", change=change)
    other = SourceFile(path="a", text="t", blob_sha="b")
    aim = Aim(path="a", start_line=None, line=1, diff_hunk="", thread=("x",))
    requests = [
        EditRequest(file=file, instruction="do"),
        EditRequest(file=file, instruction="do it"),
        EditRequest(file=file, instruction="do", aims=(aim,)),
        EditRequest(file=other, instruction="do"),
    ]
    keys = {key_of(request, **asked) for request in requests}
    keys |= {
        key_of(requests[0], **asked | {"model": "n"}),
        key_of(requests[0], **asked | {"base_url": "https://x.example"}),
        key_of(requests[0], **asked | {"context": "none"}),
    }

    assert len(keys) == 7
    assert key_of(requests[0], **asked) == key_of(requests[0], **asked)
    assert Memory(records={"a": record("t", "u", "a")}).find(file, "key") is None


DIGEST = st.binary(min_size=9, max_size=9).map(lambda data: base64.b64encode(data).decode())
FINDING = Finding(
    path="a.py", line=1, end_line=1, column=1, rule="F401", message="x", tool="t", level="error"
)


def question(**changes: object) -> str:
    """What is asked about a file of a branch."""
    asked: dict[str, object] = {
        "model": "m",
        "base_url": None,
        "instruction": "Fix it",
        "path": "a.py",
        "blob_sha": "1" * 40,
        "anywhere": False,
        "findings": [dataclasses.astuple(FINDING)],
    }
    return question_of(*{**asked, **changes}.values())


@given(st.dictionaries(DIGEST, DIGEST, max_size=50))
def test_answers_survive_in_a_marker(answers: dict[str, str]) -> None:
    """Whatever is remembered of a branch survives in the hidden marker of a pull request."""
    body = str(Marker("pull", {"memory": pack(Memory(answers=answers), "s")}))
    found = find_marker(f"text\n\n{body}\n", "pull")

    assert found is not None
    assert unpack(found.fields["memory"], "s").answers == answers


def test_answers_leave_room_for_the_text() -> None:
    """However many files there are; the more are unchanged, the more fit."""
    rng = random.Random(1)
    many = {base64.b64encode(rng.randbytes(9)).decode(): UNCHANGED for _ in range(3_000)}
    edited = {asked: base64.b64encode(rng.randbytes(9)).decode() for asked in many}

    assert len(unpack(pack(Memory(answers=many), "s"), "s").answers) == MAX_ANSWERS
    packed = pack(Memory(answers=edited), "s")
    assert len(packed) <= LIMIT
    assert len(unpack(packed, "s").answers) > 1_200


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "b.py"},
        {"blob_sha": "2" * 40},
        {"findings": ()},
        {"instruction": "Fix it all"},
        {"model": "other"},
        {"anywhere": True},
    ],
)
def test_everything_asked_counts(changes: dict[str, object]) -> None:
    """Another file, blob, finding, instruction or model is another question."""
    assert question() == question()
    assert question(**changes) != question()


def test_a_question_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name would ask again for every file of a branch that an earlier version edited."""
    monkeypatch.setattr(state, "PROMPT_VERSION", "2")

    assert question() == "jAauG9OPBNxv"


def test_the_seal_covers_what_the_memory_is_about() -> None:
    """A memory that is moved to another place loses its seal."""
    packed = pack(Memory(figures={"a": "1"}), "s", about="here ")

    assert is_sealed(packed, "s", about="here ")
    assert not is_sealed(packed, "s", about="there ")
    assert not is_sealed(packed, "s")
    assert unpack(packed, "s") == Memory()


@given(st.text("abAB+/=. \n", max_size=80))
def test_any_old_answers_are_read(text: str) -> None:
    """Damaged answers are empty, never an error."""
    assert all(len(part) == 12 for pair in unpack_old_answers(text).items() for part in pair)
