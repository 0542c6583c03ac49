"""GitHub's recorded answers, against its published descriptions."""

from __future__ import annotations

import functools
import json
import re
from typing import Any
from urllib.parse import urlsplit

import githubkit_schemas.latest.models as github
import graphql
import pydantic
import pytest
from graphql import GraphQLAbstractType, GraphQLResolveInfo

from predict_edit_sandbox.github.graphql import schema

from .conftest import CASSETTES, GITHUB, Interaction, all_of, body_of, interactions

ROUTES: list[tuple[str, str, Any, Any]] = [
    ("GET", r"/collaborators/\w+/permission", None, github.RepositoryCollaboratorPermission),
    ("GET", r"/pulls/\d+", None, github.PullRequest),
    ("GET", r"/pulls/\d+/files", None, list[github.DiffEntry]),
    ("GET", r"/pulls/\d+/reviews", None, list[github.PullRequestReview]),
    ("GET", r"/pulls/\d+/reviews/\d+/comments", None, list[github.ReviewComment]),
    (
        "POST",
        r"/pulls/\d+/reviews",
        github.ReposOwnerRepoPullsPullNumberReviewsPostBody,
        github.PullRequestReview,
    ),
    (
        "PUT",
        r"/pulls/\d+/reviews/\d+",
        github.ReposOwnerRepoPullsPullNumberReviewsReviewIdPutBody,
        github.PullRequestReview,
    ),
    ("GET", r"/issues/\d+/comments", None, list[github.IssueComment]),
    ("GET", r"/issues/comments/\d+", None, github.IssueComment),
    (
        "POST",
        r"/issues/\d+/comments",
        github.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
        github.IssueComment,
    ),
    (
        "PATCH",
        r"/issues/comments/\d+",
        github.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
        github.IssueComment,
    ),
    (
        "POST",
        r"/issues/comments/\d+/reactions",
        github.ReposOwnerRepoIssuesCommentsCommentIdReactionsPostBody,
        github.Reaction,
    ),
    ("DELETE", r"/issues/comments/\d+/reactions/\d+", None, None),
    ("GET", r"/code-scanning/alerts", None, list[github.CodeScanningAlertItems]),
    ("GET", r"/git/trees/[0-9a-f]{40}", None, github.GitTree),
    ("GET", r"/git/blobs/[0-9a-f]{40}", None, github.Blob),
]


def route_of(interaction: Interaction) -> tuple[Any, Any]:
    """The published types of what is sent and answered."""
    method, uri = interaction["request"]["method"], interaction["request"]["uri"]
    path = urlsplit(uri).path.removeprefix("/repos/octo/demo")
    (route,) = [route for route in ROUTES if route[0] == method and re.fullmatch(route[1], path)]
    return route[2], route[3]


def is_graphql(interaction: Interaction) -> bool:
    """Whether it went to GraphQL."""
    return bool(interaction["request"]["uri"] == f"{GITHUB}/graphql")


@pytest.mark.parametrize("interaction", all_of("test_github"))
def test_requests_to_github(interaction: Interaction) -> None:
    """Bodies have the published types, without any further key; GraphQL is valid by the schema."""
    sent = interaction["request"]["body"]
    if is_graphql(interaction):
        assert graphql.validate(schema(), graphql.parse(json.loads(sent)["query"])) == []
        return
    kind, _ = route_of(interaction)
    if kind is None:
        assert not sent
    else:
        # Lists of alternatives are read leniently without JSON, so read JSON.
        kind.model_validate_json(sent, strict=True, extra="forbid")


@pytest.mark.parametrize("interaction", all_of("test_github"))
def test_answers_of_github(interaction: Interaction) -> None:
    """Answers and errors have the published types; pages name the addresses of the others."""
    status = interaction["response"]["status"]["code"]
    text = body_of(interaction)
    if interaction["response"]["headers"]["content-type"][0].startswith("text/html"):
        assert status >= 500
    elif status >= 400:
        check_github_error(text, status)
    elif is_graphql(interaction):
        check_graphql(json.loads(interaction["request"]["body"]), json.loads(text))
    else:
        _, kind = route_of(interaction)
        if kind is None:
            assert (status, text) == (204, "")
        else:
            pydantic.TypeAdapter(kind).validate_json(text, strict=True)
    for link in interaction["response"]["headers"].get("link", ()):
        assert re.fullmatch(rf'(<{GITHUB}/\S+>; rel="\w+"(, |$))+', link)


def check_github_error(text: str, status: int) -> None:
    """The one shape that all have, and the lists of reasons that 422 has."""
    github.BasicError.model_validate_json(text, strict=True)
    if status == 422:
        github.ValidationErrorSimple.model_validate_json(text, strict=True)


@functools.cache
def plain_schema() -> graphql.GraphQLSchema:
    """The schema without the sandbox's answers."""
    return graphql.build_schema(graphql.print_schema(schema()))


def check_graphql(asked: dict[str, Any], answer: dict[str, Any]) -> None:
    """An answer has each field that was asked for, of the type that GitHub's schema gives it.

    The document is executed once more, with the recorded answer as the world: graphql-core checks
    types, lists and nulls.
    """

    def recorded(value: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
        return value[info.path.key]

    def type_of(value: Any, info: GraphQLResolveInfo[Any], abstract: GraphQLAbstractType) -> str:
        # Where the name was not asked for, only fields that all possible types have were.
        name: str = value.get("__typename") or info.schema.get_possible_types(abstract)[0].name
        return name

    if answer.get("data") is None or None in answer["data"].values():
        assert all({"type", "message"} <= set(error) for error in answer["errors"])
        return
    assert set(answer) == {"data"}
    again = graphql.execute_sync(
        plain_schema(),
        graphql.parse(asked["query"]),
        root_value=answer["data"],
        variable_values=asked["variables"],
        field_resolver=recorded,
        type_resolver=type_of,
    )
    assert again.errors is None
    assert again.data == answer["data"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"mode": 33188, ', "", id="a field is missing"),
        pytest.param('"mode": 33188', '"mode": "x"', id="a field is of another type"),
        pytest.param('"oid": "', '"oid": null, "was": "', id="a field is null that may not be"),
        pytest.param('"data": {', '"more": 1, "data": {', id="a key is too much"),
    ],
)
def test_a_wrong_answer_of_graphql_is_noticed(old: str, new: str) -> None:
    """The check of GraphQL answers fails where it has to."""
    (path,) = [path for path in CASSETTES if path.stem == "test_a_pull_request_is_read"]
    (interaction,) = [each for each in interactions(path) if is_graphql(each)]
    asked, text = json.loads(interaction["request"]["body"]), body_of(interaction)
    assert old in text
    check_graphql(asked, json.loads(text))
    with pytest.raises(AssertionError):
        check_graphql(asked, json.loads(text.replace(old, new, 1)))
