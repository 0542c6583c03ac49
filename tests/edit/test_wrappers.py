"""Code fences around a whole answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.wrappers import encloses, unfence


@pytest.mark.parametrize(
    ("lines", "outer"),
    [
        (["```", "a", "```"], True),
        (["```md", "```sh", "a", "```", "```"], True),
        (["```sh", "a", "```", "", "```sh", "b", "```"], False),
        (["```", "a"], False),
        (["````", "```", "a", "```", "````"], True),
        (["~~~", "```", "~~~"], True),
        (["a", "```"], False),
        (["```"], False),
    ],
)
def test_an_outer_fence_differs_from_several(lines: list[str], outer: bool) -> None:
    """Only a fence that opens on the first line and closes on the last encloses everything."""
    assert encloses(lines) is outer


@given(
    body=st.lists(st.sampled_from(["a", "", "    b", "#"]), min_size=1, max_size=8),
    run=st.sampled_from(["```", "````", "~~~", "~~~~~"]),
    language=st.sampled_from(["", "py", "c++", "objective-c", "f#"]),
)
def test_every_simple_fence_comes_off(body: list[str], run: str, language: str) -> None:
    """Backticks and tildes of any length, with and without a language."""
    inside = "\n".join(body)
    assert unfence("original\n", f"{run}{language}\n{inside}\n{run}\n") == inside


def test_wrongly_nested_markdown_is_recognised_by_its_first_line() -> None:
    """An inner bare fence would close the outer one; the same first line shows what is meant."""
    original = "# Tool\n\n```\ntool\n```\n"
    answer = "```\n# Tool\n\n```\ntool --fast\n```\n```"
    assert unfence(original, answer) == "# Tool\n\n```\ntool --fast\n```"
