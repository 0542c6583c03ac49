"""Which answers may be used."""

from __future__ import annotations

import contextlib
import pathlib
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import AnswerEmpty, AnswerUnusable, PredictEditError
from predict_edit.edit import clean, guards

if TYPE_CHECKING:
    from tests.conftest import Proportional

CASES: list[dict[str, Any]] = tomllib.loads(
    pathlib.Path(__file__).parent.with_name("nasty_answers.toml").read_text("utf-8")
)["case"]

LONG = "".join(f"def function_{n}(value):\n    return value + {n}\n\n\n" for n in range(30))


def outcome(case: dict[str, Any]) -> str:
    """What cleaning and guarding make of the answer of a case."""
    path, original = case["path"], case["original"]
    text = clean.clean(path, original, case["answer"], instruction=case["instruction"]).text
    check(path, original, text)
    return text


def check(path: str, original: str, edited: str) -> None:
    """Raise what an answer is refused with if it is not confirmed."""
    verdict = guards.judge(path, original, edited)
    if verdict is not None:
        raise verdict


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda c: c["says"])
def test_refuses_what_is_not_the_whole_file(case: dict[str, Any]) -> None:
    """A nasty answer is refused with its cause and a next step."""
    with pytest.raises((AnswerUnusable, AnswerEmpty)) as caught:
        outcome(case)
    assert case["refused"] in caught.value.cause
    assert "Run the command again" in caught.value.next_step


@pytest.mark.parametrize("case", [c for c in CASES if "accepted" in c], ids=lambda c: c["says"])
def test_accepts_what_is_an_edit(case: dict[str, Any]) -> None:
    """An answer that is the file after the edit comes out in the outer shape of the original."""
    assert outcome(case) == case["accepted"]


def test_every_case_says_what_it_is_and_what_comes_of_it() -> None:
    """Each case of the corpus has a different description and exactly one expectation."""
    assert len({case["says"] for case in CASES}) == len(CASES)
    assert all(("refused" in case) != ("accepted" in case) for case in CASES)


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda c: c["says"])
def test_causes_hold_no_text_of_file_or_answer(case: dict[str, Any]) -> None:
    """A cause can be shown anywhere: no line of the answer with more than a word is in it."""
    with pytest.raises((AnswerUnusable, AnswerEmpty)) as caught:
        outcome(case)
    lines = [line.strip() for line in (case["answer"] + "\n" + case["original"]).split("\n")]
    assert not [line for line in lines if len(line) > 8 and line in str(caught.value)]


@pytest.mark.parametrize(
    ("kept", "doubted"), [(0.3, True), (0.05, True), (0.7, True), (0.95, False)]
)
def test_a_file_without_its_end_is_doubted(kept: float, doubted: bool) -> None:
    """Whatever was asked for: exact edits can confirm it."""
    units = LONG.split("\n\n\n")
    text = "\n\n\n".join(units[: round(len(units) * kept)]) + "\n"
    verdict = guards.judge("a.py", LONG, text)
    assert (verdict is not None) is doubted
    assert guards.judge("a.py", LONG, text, confirmed=True) is None


def test_a_file_cut_within_a_line_is_doubted() -> None:
    """Half a line of the original as the last one."""
    text = LONG[: LONG.index("return value + 20") + 6].replace("function_3(", "function_three(")
    with pytest.raises(AnswerUnusable, match="stops within a line"):
        check("a.py", LONG, text)


def test_another_file_altogether_is_doubted() -> None:
    """Text that shares almost no word with the file."""
    other = "".join(f"let unrelated{n} = something(else{n});\n" for n in range(60))
    with pytest.raises(AnswerUnusable, match="of its words"):
        check("a.js", LONG, other)


def test_a_loop_is_doubted() -> None:
    """A model that got stuck; rows that were asked for are confirmed."""
    stuck = LONG.replace("return value + 7", "return value + 7\n" + "    value += 1\n" * 90)
    with pytest.raises(AnswerUnusable, match="over and over"):
        check("a.py", LONG, stuck)
    assert guards.judge("a.py", LONG, stuck, confirmed=True) is None


def test_no_text_is_never_an_edit_but_of_exact_edits() -> None:
    """A file of no bytes has to be confirmed."""
    with pytest.raises(AnswerEmpty):
        check("a.py", LONG, "")
    assert guards.judge("a.py", LONG, "", confirmed=True) is None
    assert guards.judge("a.py", "\n", "") is None


def test_half_characters_are_refused() -> None:
    """A lone surrogate, which JSON lets through, could not be written to any file."""
    with pytest.raises(AnswerUnusable, match="UTF-8"):
        check("a.txt", "a\n", "a\ud83d\n")


@given(text=st.text(max_size=300), path=st.sampled_from(["a.py", "b.md", "c.json", "d.go", "e"]))
def test_an_unchanged_file_always_passes(text: str, path: str) -> None:
    """No text is refused for what it held before."""
    check(path, text, text)


@given(
    original=st.text(min_size=1, max_size=200),
    edited=st.text(max_size=200),
    path=st.sampled_from(["a.py", "b.md", "c.json", "d.yaml", "e.toml", "f.js", "g"]),
)
def test_only_errors_of_ours_come_out(original: str, edited: str, path: str) -> None:
    """Whatever the answer is, it passes or is refused with an error of the tree."""
    refusal: PredictEditError | None = None
    try:
        check(path, original, edited)
    except (AnswerUnusable, AnswerEmpty) as error:
        refusal = error
    assert refusal is None or (refusal.cause and refusal.next_step)


HOSTILE = {
    "open brackets": "[" * 50_000,
    "open brackets in YAML flow": "a: " + "[" * 50_000,
    "minus signs": "x = " + "-" * 50_000 + "1\n",
    "attributes": "x = a" + ".b" * 25_000 + "\n",
    "one very long line": "x" * 125_000,
    "carriage returns": "\r" * 75_000,
    "the same line": "x = 1\n" * 3_750,
    "fences": "```\n" * 7_500,
    "dots after comment leaders": "# ... ... ...\n" * 3_750,
    "words of remarks": "# rest of the " + "code is as the same before " * 5_000 + "\n",
    "blanks": " " * 75_000 + "\n",
    "quotes": "'" * 25_000 + '"""' * 7_500,
    "aliases": "a: &a [x]\n" + "b: [*a, *a, *a]\n" * 2_500,
    "words": "here is the " + "updated " * 12_500 + "\n",
    "many line pairs": "".join(f"{n % 7}\n" for n in range(3_750)),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["a.py", "a.yaml", "a.md"])
def test_hostile_text_takes_time_in_proportion(
    name: str, path: str, proportional: Proportional
) -> None:
    """A text made to be slow is cleaned and judged, as original and as answer."""

    def read(hostile: str) -> None:
        for original, answer in ((hostile, "x = 1\n" + hostile), ("a: 1\n", hostile)):
            text = clean.clean(path, original, answer).text
            with contextlib.suppress(AnswerUnusable, AnswerEmpty):
                check(path, original, text)

    proportional(read, HOSTILE[name])
