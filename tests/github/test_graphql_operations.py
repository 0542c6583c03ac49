"""The GraphQL documents against GitHub's published schema."""

from __future__ import annotations

from importlib import resources

import pytest
from graphql import build_schema, parse, validate

from predict_edit.github import graphql
from predict_edit.github.graphql import FILES_PER_QUERY, Operation

SCHEMA = resources.files("predict_edit_sandbox.github") / "schema.graphql"
OPERATIONS = [
    graphql.files_at_commit(1),
    graphql.files_at_commit(FILES_PER_QUERY),
    graphql.files_and_conversation(2),
    *(value for value in vars(graphql).values() if isinstance(value, Operation)),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_documents_are_valid_for_githubs_schema(operation: Operation) -> None:
    """Every field, argument and type exists as it is used; messages have the document's name."""
    schema = build_schema(SCHEMA.read_text("utf-8"), assume_valid_sdl=True, assume_valid=True)
    assert validate(schema, parse(operation.document)) == []
    assert f" {operation.name.removeprefix('GraphQL ')}(" in operation.document


def test_all_operations_are_checked() -> None:
    """Those without variable parts are found by their type."""
    assert len(OPERATIONS) == 15
