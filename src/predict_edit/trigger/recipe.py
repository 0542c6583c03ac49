"""A recipe that is asked for where no comment is: ``run NAME`` as the whole instruction."""

from __future__ import annotations

import re
from typing import Final

from predict_edit.trigger.command import RunRecipe

_RUN: Final = re.compile(r"run\s+(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,63})")


def recipe_named(said: str) -> RunRecipe | None:
    """The recipe that an instruction names; ``None`` where it is an instruction itself."""
    found = _RUN.fullmatch(said.strip())
    return RunRecipe(name=found["name"]) if found else None
