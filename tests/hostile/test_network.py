"""Where the action connects to, and where it does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .corpus import Case
from .runs import one_by_one

CONNECTED: list[tuple[object, ...]] = []
LISTENING = [False]


def _hear(event: str, args: tuple[object, ...]) -> None:
    """Python's audit hook; it cannot be removed, so it checks whether it is wanted."""
    if LISTENING[0] and event == "socket.connect":
        CONNECTED.append(tuple(args[1]) if isinstance(args[1], tuple) else (args[1],))


@pytest.fixture
def connected() -> Iterator[list[tuple[object, ...]]]:
    """Every address that anything in this process connects to."""
    if not CONNECTED:
        sys.addaudithook(_hear)
    CONNECTED.clear()
    LISTENING[0] = True
    yield CONNECTED
    LISTENING[0] = False


def test_only_github_and_the_model_are_connected_to(connected: list[tuple[object, ...]]) -> None:
    """A whole run opens connections to two addresses: GitHub's API and the model's."""
    ordinary = Case(
        name="ordinary",
        tries="Nothing.",
        threat="T21",
        way="comment",
        expect={"outcome": "suggested"},
        given={},
    )
    with one_by_one() as run:
        evidence = run(ordinary)

    assert evidence.outputs["outcome"] == "suggested", evidence.log
    assert {address[0] for address in connected} == {"127.0.0.1"}
    assert len({address[1] for address in connected}) == 2
