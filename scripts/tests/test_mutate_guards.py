"""scripts/mutate_guards.py finds the guards that it takes away, and the tests that must notice."""

from __future__ import annotations

import pytest

import mutate_guards

from .conftest import ROOT

pytestmark = pytest.mark.source


@pytest.mark.parametrize("guard", mutate_guards.GUARDS, ids=lambda guard: str(guard.name))
def test_guard_and_its_test_are_found(guard: mutate_guards.Guard) -> None:
    assert (mutate_guards.PACKAGE / guard.file).read_text("utf-8").count(guard.old) == 1
    path, *names = guard.test.partition("[")[0].split("::")
    text = (ROOT / path).read_text("utf-8")
    assert all(f"def {name}(" in text or f"class {name}:" in text for name in names)
