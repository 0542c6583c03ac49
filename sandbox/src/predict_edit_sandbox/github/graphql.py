"""Answers GraphQL with a part of GitHub's published schema.

The schema file is cut from GitHub's by ``scripts/cut_graphql_schema.py``; a field that is not in
it is refused as GitHub refuses one it does not have.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from predict_edit_sandbox.github import graphql_discussion, graphql_git, graphql_mutations
from predict_edit_sandbox.github.exchange import Call, Reply, Route
from predict_edit_sandbox.github.graphql_shared import Context, Resolver, Table
from predict_edit_sandbox.github.nouns import (
    IssueComment,
    PullRequest,
    Reaction,
    Repository,
    Review,
    ReviewComment,
    Thread,
    User,
)
from predict_edit_sandbox.github.refusals import Refusal

_NAMES: dict[type, str] = {
    IssueComment: "IssueComment",
    PullRequest: "PullRequest",
    Reaction: "Reaction",
    Repository: "Repository",
    Review: "PullRequestReview",
    ReviewComment: "PullRequestReviewComment",
    Thread: "PullRequestReviewThread",
    graphql_git.Blob: "Blob",
    graphql_git.Commit: "Commit",
    graphql_git.Tree: "Tree",
}


def _type_name(shown: Any, _info: Any, _type: GraphQLAbstractType) -> str:
    """The concrete type of the object behind an interface."""
    return shown.type if isinstance(shown, User) else _NAMES[type(shown)]


def _resolving(resolver: Resolver) -> Resolver:
    """A resolver of ours as graphql-core calls it; a refusal becomes an error with a type."""

    def resolve(shown: Any, info: Any, **arguments: Any) -> Any:
        try:
            return resolver(shown, info.context, **arguments)
        except Refusal as refused:
            raise GraphQLError(
                refused.sentence, original_error=refused, extensions={"type": refused.kind}
            ) from refused

    return resolve


def tables() -> tuple[Table, ...]:
    """All resolvers, by type and field."""
    return (graphql_git.TABLE, graphql_discussion.TABLE, graphql_mutations.TABLE)


@functools.cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers; built once, when the first question comes."""
    package = resources.files("predict_edit_sandbox.github")
    built = build_schema(package.joinpath("schema.graphql").read_text("utf-8"), no_location=True)
    for table in tables():
        for type_name, resolvers in table.items():
            described = built.type_map[type_name]
            assert isinstance(described, GraphQLObjectType)
            for field, resolver in resolvers.items():
                described.fields[field].resolve = _resolving(resolver)
    for described in built.type_map.values():
        if isinstance(described, GraphQLInterfaceType | GraphQLUnionType):
            described.resolve_type = _type_name
    return built


@functools.lru_cache(maxsize=256)
def _read(query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Parse and check a query."""
    try:
        document = parse(query)
    except GraphQLError as wrong:
        return None, (wrong,)
    return document, tuple(validate(schema(), document))


def _shown(error: GraphQLError) -> dict[str, Any]:
    """An error in GitHub's form, with ``type`` beside the message."""
    shown: dict[str, Any] = {}
    if kind := (error.extensions or {}).get("type"):
        shown["type"] = kind
    if error.path:
        shown["path"] = list(error.path)
    if error.locations:
        shown["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return {**shown, "message": error.message}


def answer(context: Context, query: str, variables: Any, operation: str | None) -> dict[str, Any]:
    """Perform a query or mutation."""
    document, wrong = _read(query)
    if document is None or wrong:
        return {"errors": [_shown(error) for error in wrong]}
    result = execute_sync(
        schema(),
        document,
        context_value=context,
        variable_values=variables or {},
        operation_name=operation,
    )
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [_shown(error) for error in result.errors]
    return found


def post(call: Call) -> Reply:
    """The GraphQL endpoint. Errors come with status 200, as GitHub sends them."""
    context = Context(state=call.state, token=call.token, urls=call.urls)
    query = call.field("query", str)
    if query is None:
        return Reply(json={"errors": [{"message": "A query attribute must be specified."}]})
    variables = call.body.get("variables")
    return Reply(json=answer(context, query, variables, call.field("operationName", str)))


ROUTES = (Route(method="POST", path="/graphql", handler=post),)
