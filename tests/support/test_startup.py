"""The garbage collector is held while libraries load."""

from __future__ import annotations

import gc

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
