"""The scripts that cut GitHub's published descriptions."""

from __future__ import annotations

import sys
from pathlib import Path

import graphql
import pytest

import cut_graphql_schema
import cut_openapi_examples

FULL = """
directive @docs(category: String!) on OBJECT
"Everything"
type Query implements Node @docs(category: "a") { id: ID! a(kind: Kind, where: Where): A b: B }
interface Node { id: ID! }
type A implements Node { id: ID! "The name" name: String! old: Int @deprecated(reason: "x") b: B }
type B { id: ID! }
union Both = A | B
enum Kind { ONE TWO }
input Where { deep: Deep }
input Deep { size: Size }
scalar Size
enum Unused { X }
"""


def test_keeps_what_is_wanted_and_what_it_needs() -> None:
    """Wanted fields stay with what their arguments need; descriptions and the rest go."""
    fields = "# note\nQuery: id a\nA: id name old\nNode: id\nBoth:\n"
    wanted = cut_graphql_schema.read_fields(fields)
    text = graphql.print_ast(cut_graphql_schema.cut(graphql.parse(FULL), wanted))
    built = graphql.build_schema(text)
    assert set(built.type_map) >= {"A", "Deep", "Kind", "Size", "Where"}
    assert not set(built.type_map) & {"B", "Unused"}
    assert "The name" not in text
    assert "@docs" not in text
    assert "@deprecated" in text
    assert "union Both = A\n" in f"{text}\n"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("Query: id a\nNode: id\n", "needs the type A"),
        ("Query: id none\nNode: id\n", "Query has no none"),
        ("Nothing: id\n", "has no type Nothing"),
    ],
)
def test_refuses_a_wrong_list(fields: str, said: str) -> None:
    """A list that names what is not there, or forgets what is needed, is an error."""
    with pytest.raises(SystemExit, match=said):
        cut_graphql_schema.cut(graphql.parse(FULL), cut_graphql_schema.read_fields(fields))


def test_writes_the_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole way writes a schema that starts with source and licence."""
    (tmp_path / "full.graphql").write_text(FULL)
    (tmp_path / "LICENSE.md").write_text("Copyright (c) Somebody\n\nMIT\n")
    (tmp_path / "fields.txt").write_text("Query: id b\nNode: id\nB: id\n")
    out = tmp_path / "out.graphql"
    given = [str(tmp_path / "full.graphql"), "--fields", str(tmp_path / "fields.txt")]
    monkeypatch.setattr(sys, "argv", ["cut", *given, "--output", str(out)])
    cut_graphql_schema.main()
    assert "# Copyright (c) Somebody\n#\n# MIT\n" in out.read_text()
    assert "3 types" in capsys.readouterr().out


def test_examples_carry_what_their_schema_lets_be_null_or_missing() -> None:
    """References are followed, alternatives joined, and entries of lists looked into."""
    side = {"type": "object", "required": ["sha"], "properties": {"sha": {}, "label": {}}}
    pull = {
        "required": ["number", "sides", "body"],
        "properties": {
            "number": {"type": "integer"},
            "body": {"type": "string", "nullable": True},
            "sides": {"type": "array", "items": {"$ref": "#/components/schemas/side"}},
            "maker": {"anyOf": [{"properties": {"login": {}}}, {"nullable": True}]},
            "never": {},
        },
    }
    value = {"number": 1, "body": "b", "sides": [{"sha": "a", "label": "l"}], "maker": {"login": 1}}
    answer = {
        "content": {
            "application/json": {
                "schema": {"allOf": [pull]},
                "examples": {"default": {"$ref": "#/components/examples/pull"}},
            }
        }
    }
    operation = {"responses": {"200": answer}}
    called = "/repos/{owner}/{repo}/pulls/{pull_number}"
    document = {
        "paths": {called: {"get": operation}, "/other": {"get": operation, "put": operation}},
        "components": {"examples": {"pull": {"value": value}}, "schemas": {"side": side}},
    }
    number, kept = cut_openapi_examples.collected(cut_openapi_examples.Description(document))
    assert number == 3
    assert [example["endpoint"] for example in kept] == [f"GET {called}", "GET /other"]
    assert kept[0]["places"] == [
        ("null", ("body",)),
        ("missing", ("sides", 0, "label")),
        ("missing", ("maker",)),
        ("missing", ("maker", "login")),
        ("null", ("maker",)),
    ]
