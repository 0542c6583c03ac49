"""What libraries cost: nothing is collected while they load, and some wait for their use."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import pytest

from predict_edit.support import startup as collector


def test_nothing_is_collected_until_it_is_released() -> None:
    """Once released, it collects only what came later."""
    with collector.held():
        assert not gc.isenabled()
        collector.release()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_an_error_leaves_the_collector_as_it_was() -> None:
    """A run that fails early leaves the collector on for its caller."""
    with pytest.raises(RuntimeError, match="early"), collector.held():
        raise RuntimeError("early")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector.held():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_deferred_module_is_loaded_by_the_first_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever imported it before or imports it afterwards has all of its names."""
    package = tmp_path / "deferred_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("SIZE = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("deferred_package", "deferred_package.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        collector.defer(name)
    early = importlib.import_module("deferred_package.part")
    assert "SIZE" not in vars(early)
    assert early.SIZE == 3
    real = importlib.import_module("deferred_package.part")
    assert real.__file__ == str(package / "part.py")
    assert early.SIZE == 3
