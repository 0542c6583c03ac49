"""Recipes, and what a run over a branch does: its instruction, its branch's name, its title."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from predict_edit.domain.errors import MissingInput
from predict_edit.settings.repository_config import Recipe, RepositoryConfig
from predict_edit.support.text import inert
from predict_edit.trigger.command import EditCommand, RunRecipe, recipe_named

LINT_FIX: Final = "lint-fix"
LINT_FIX_INSTRUCTION: Final = (
    "Fix what linters found in this file: every finding that is listed with its line and rule, and "
    "nothing else. Make the smallest change that fixes the cause. Keep what the program does. Do "
    "not silence a rule with a comment. Leave a finding as it is if fixing it would change "
    "behaviour that others may rely on, such as a public name."
)
BUILT_IN: Final[Mapping[str, Recipe]] = MappingProxyType(
    {LINT_FIX: Recipe(instruction=LINT_FIX_INSTRUCTION)}
)
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")
_SLUG_LENGTH: Final = 40
_TITLE_LENGTH: Final = 70


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be done, and what it is called."""

    command: EditCommand | RunRecipe
    slug: str
    title: str


def with_built_in(config: RepositoryConfig) -> RepositoryConfig:
    """Add the built-in recipes to a config; its own of the same name win."""
    return config.model_copy(update={"recipes": {**BUILT_IN, **config.recipes}})


def wish_of(given: str | None, config: RepositoryConfig, *, findings: bool) -> Wish:
    """What the instruction says: itself, or ``run NAME`` for a recipe.

    Without one, the config's applies; without that, ``lint-fix`` if there are findings.

    Raises:
        MissingInput: there is nothing to go by.
    """
    said = given or config.instruction or (f"run {LINT_FIX}" if findings else None)
    if said is None:
        raise MissingInput(
            "`instruction` is missing.",
            "Give one, or `run NAME` for a recipe of the config; with `findings`, the recipe "
            f"`{LINT_FIX}` is followed without one.",
        )
    if recipe := recipe_named(said):
        name = recipe.name
        title = "Fix what linters found" if name == LINT_FIX else f"Run the recipe {name}"
        return Wish(command=recipe, slug=slug(name), title=title)
    first = said.strip().splitlines()[0].strip()
    title = inert(first)
    if len(title) > _TITLE_LENGTH:
        title = f"{title[: _TITLE_LENGTH - 1].rstrip()}…"
    return Wish(command=EditCommand(instruction=said), slug=slug(first), title=title)


def slug(text: str) -> str:
    """Make a text a part of a branch's name: lower case letters, digits and single hyphens."""
    made = _NO_SLUG.sub("-", text.casefold()).strip("-")[:_SLUG_LENGTH].strip("-")
    return made or "edit"
