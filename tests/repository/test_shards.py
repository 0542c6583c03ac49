"""Dividing files and limits."""

from __future__ import annotations

from decimal import Decimal

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.run.manifest import (
    MAX_SHARDS,
    balance,
    count_for,
    share_cost,
    share_tokens,
    weight_of,
)

WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 10_000), max_size=60)


@hypothesis.given(WEIGHTS, st.integers(1, 12))
def test_balanced(weights: dict[str, int], wanted: int) -> None:
    """Each file is in exactly one shard, none is empty, and no shard is needlessly heavy."""
    shards = balance(weights, count_for(len(weights), wanted))

    assert sorted(path for shard in shards for path in shard) == sorted(weights)
    assert all(shards)
    if shards:
        heavy = [sum(weights[path] for path in shard) for shard in shards]
        # The bound of placing the heaviest first: no shard is above the lightest by more than one.
        assert max(heavy) - min(heavy) <= max(weights.values())


def test_same_every_time() -> None:
    """The order in which files come does not matter."""
    weights = {f"f{n}": n % 7 for n in range(50)}

    assert balance(weights, 4) == balance(dict(reversed(weights.items())), 4)


@pytest.mark.parametrize(
    ("files", "wanted", "count"),
    [
        (0, None, 0),
        (1, None, 1),
        (25, None, 3),
        (400, None, 8),
        (3, 8, 3),
        (9999, 9999, MAX_SHARDS),
    ],
)
def test_how_many(files: int, wanted: int | None, count: int) -> None:
    """As many as wanted, eight by default, never more than files or than GitHub allows."""
    assert count_for(files, wanted) == count


@hypothesis.given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=20),
    st.integers(0, 10**9),
    st.decimals(0, 1000, places=4),
)
def test_limits_hold_together(weights: list[int], tokens: int, cost: Decimal) -> None:
    """The parts of a limit never add up to more than the limit."""
    assert sum(part or 0 for part in share_tokens(tokens, weights)) <= tokens
    assert sum(part or 0 for part in share_cost(cost, weights)) <= cost
    assert set(share_tokens(None, weights)) == {None}
    assert set(share_cost(None, weights)) == {None}


def test_weight() -> None:
    """A file weighs what is read and written of it, and its findings."""
    assert weight_of(8_000, 0) < weight_of(8_000, 5) < weight_of(80_000, 0)
