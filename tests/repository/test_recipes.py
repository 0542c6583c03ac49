"""Which instruction applies, and what things are called."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.domain.errors import MissingInput
from predict_edit.settings.repository_config import RepositoryConfig, read_config
from predict_edit.settings.resolve import named_command, slug, with_built_in
from predict_edit.support.git import is_branch_name
from predict_edit.trigger.command import EditCommand, RunRecipe

EMPTY = RepositoryConfig()


@pytest.mark.parametrize(
    ("given", "config", "findings", "command", "named"),
    [
        (None, "", True, RunRecipe(name="lint-fix"), "lint-fix"),
        ("run docs", "", False, RunRecipe(name="docs"), "docs"),
        ("run the tests", "", True, EditCommand(instruction="run the tests"), "run-the-tests"),
        (None, "instruction: Do it", True, EditCommand(instruction="Do it"), "do-it"),
        (None, "instruction: run docs", False, RunRecipe(name="docs"), "docs"),
    ],
)
def test_named_commands(
    given: str | None,
    config: str,
    findings: bool,
    command: EditCommand | RunRecipe,
    named: str,
) -> None:
    """The workflow's word comes before the config's, and findings need no instruction."""
    found = named_command(given, read_config(config), findings=findings)

    assert (found.command, found.slug) == (command, named)


def test_nothing_to_go_by() -> None:
    with pytest.raises(MissingInput, match="`instruction`"):
        named_command(None, EMPTY, findings=False)


def test_own_recipe_wins() -> None:
    """A repository may define lint-fix itself."""
    config = read_config("recipes:\n  lint-fix: My way\n")

    assert with_built_in(config).recipes["lint-fix"].instruction == "My way"
    assert "linters" in with_built_in(EMPTY).recipes["lint-fix"].instruction


@hypothesis.given(st.text(max_size=60))
def test_slug_is_part_of_a_branch_name(text: str) -> None:
    """Git accepts the branch's name, whatever the instruction."""
    assert is_branch_name(f"predict-edit/{slug(text)}")
