"""The GraphQL documents against GitHub's published schema."""

from __future__ import annotations

from importlib import resources

import pytest
from graphql import build_schema, parse, validate

from predict_edit.github import documents

SCHEMA = resources.files("predict_edit_sandbox.github") / "schema.graphql"


@pytest.mark.parametrize(
    "document",
    [
        documents.files_at_commit(1),
        documents.files_at_commit(documents.FILES_PER_QUERY),
        documents.ground(2),
        documents.AGAIN,
        documents.CLOSE,
        documents.CONVERSATION,
        documents.REVIEW_THREADS,
        documents.MINIMIZE,
        documents.COMMIT,
        documents.BRANCH_STATE,
        documents.REPOSITORY_ID,
        documents.MOVE_BRANCHES,
    ],
)
def test_documents_are_valid_for_githubs_schema(document: str) -> None:
    """Every field, argument and type exists as it is used."""
    schema = build_schema(SCHEMA.read_text("utf-8"), assume_valid_sdl=True, assume_valid=True)
    assert validate(schema, parse(document)) == []


def test_each_document_has_its_own_name() -> None:
    """The name shows in the count of requests, so it is the one of the document."""
    from predict_edit.github import endpoints

    for document, endpoint in [
        (documents.files_at_commit(3), endpoints.FILES_AT_COMMIT),
        (documents.ground(3), endpoints.GROUND),
        (documents.AGAIN, endpoints.AGAIN),
        (documents.CLOSE, endpoints.CLOSE),
        (documents.CONVERSATION, endpoints.CONVERSATION),
        (documents.REVIEW_THREADS, endpoints.REVIEW_THREADS),
        (documents.MINIMIZE, endpoints.MINIMIZE),
        (documents.COMMIT, endpoints.COMMIT),
        (documents.BRANCH_STATE, endpoints.BRANCH_STATE),
        (documents.REPOSITORY_ID, endpoints.REPOSITORY_ID),
        (documents.MOVE_BRANCHES, endpoints.MOVE_BRANCHES),
    ]:
        assert f" {endpoint.template}(" in document
        assert endpoint.name == f"GraphQL {endpoint.template}"
