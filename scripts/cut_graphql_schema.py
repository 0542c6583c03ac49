"""Cuts the part of GitHub's published GraphQL schema that the sandbox serves.

    python scripts/cut_graphql_schema.py FULL.graphql [--fields FILE] [--output FILE]

FULL.graphql is the schema of the package ``@octokit/graphql-schema`` (MIT), with the package's
LICENSE.md beside it. The list names types and their fields; arguments stay whole, and what an
argument or a kept field needs comes along.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    Visitor,
    assert_valid_schema,
    build_ast_schema,
    parse,
    print_ast,
    visit,
)

HERE = Path(__file__).resolve().parent
SANDBOX = HERE.parent / "sandbox/src/predict_edit_sandbox/github"
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
HEADER = """\
# A part of GitHub's public GraphQL schema, for an offline stand-in. Not GitHub.
# Cut from the npm package @octokit/graphql-schema {version}, file schema.graphql.
# Made by scripts/cut_graphql_schema.py; do not edit. Licence of the original (MIT):
#
{licence}

"""


class _Strip(Visitor):
    """Takes away descriptions, and directives other than ``@deprecated``."""

    def leave(self, node: Node, *_: object) -> Node | None:
        """A cleaned copy of one node; ``None`` leaves it."""
        clean: dict[str, Any] = {}
        if getattr(node, "description", None):
            clean["description"] = None
        if directives := getattr(node, "directives", None):
            clean["directives"] = tuple(
                directive for directive in directives if directive.name.value == "deprecated"
            )
        return dataclasses.replace(node, **clean) if clean else None


def read_fields(text: str) -> dict[str, list[str]]:
    """The wanted fields of each type."""
    wanted: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, fields = line.partition(":")
            wanted[name.strip()] = fields.split()
    return wanted


def named_types(node: Node) -> Iterator[str]:
    """The names of all types that a definition mentions."""
    found: list[str] = []

    class Collect(Visitor):
        """Collects names."""

        def enter_named_type(self, named: NamedTypeNode, *_: object) -> None:
            """Note one name."""
            found.append(named.name.value)

    visit(node, Collect())
    yield from found


def narrowed(node: TypeDefinitionNode, wanted: dict[str, list[str]]) -> TypeDefinitionNode:
    """A definition with only the wanted fields, members and interfaces.

    Raises:
        SystemExit: a wanted field does not exist.
    """
    name = node.name.value
    if isinstance(node, UnionTypeDefinitionNode):
        members = tuple(member for member in node.types or () if member.name.value in wanted)
        return dataclasses.replace(node, types=members)
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        fields = {field.name.value: field for field in node.fields or ()}
        if missing := [field for field in wanted[name] if field not in fields]:
            raise SystemExit(f"{name} has no {', '.join(missing)}")
        return dataclasses.replace(
            node,
            fields=tuple(fields[field] for field in sorted(wanted[name])),
            interfaces=tuple(face for face in node.interfaces or () if face.name.value in wanted),
        )
    return node


def cut(full: DocumentNode, wanted: dict[str, list[str]]) -> DocumentNode:
    """The smallest valid schema that holds all wanted types and fields.

    Raises:
        SystemExit: a type is missing from the list or from the schema.
    """
    types = {
        node.name.value: node for node in full.definitions if isinstance(node, TypeDefinitionNode)
    }
    todo = list(wanted)
    done: dict[str, TypeDefinitionNode] = {}
    while todo:
        name = todo.pop()
        if name in done or name in BUILT_IN:
            continue
        if name not in types:
            raise SystemExit(f"The schema has no type {name}")
        node = types[name]
        free = (
            InputObjectTypeDefinitionNode,
            EnumTypeDefinitionNode,
            ScalarTypeDefinitionNode,
            UnionTypeDefinitionNode,
        )
        if name not in wanted and not isinstance(node, free):
            raise SystemExit(f"A kept field needs the type {name}: add it to the list")
        done[name] = narrowed(node, wanted)
        todo.extend(named_types(done[name]))
    definitions = tuple(done[name] for name in sorted(done))
    stripped: DocumentNode = visit(DocumentNode(definitions=definitions), _Strip())
    return stripped


def main() -> None:
    """Read the full schema, cut it, check it, write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("full", type=Path)
    parser.add_argument("--fields", type=Path, default=HERE / "graphql_schema_fields.txt")
    parser.add_argument("--output", type=Path, default=SANDBOX / "schema.graphql")
    parser.add_argument("--version", default="15.26.1")
    arguments = parser.parse_args()
    full = parse(arguments.full.read_text("utf-8"), no_location=True)
    document = cut(full, read_fields(arguments.fields.read_text("utf-8")))
    assert_valid_schema(build_ast_schema(document))
    licence = (arguments.full.parent / "LICENSE.md").read_text("utf-8").strip()
    lines = "\n".join(f"# {line}".rstrip() for line in licence.splitlines())
    text = HEADER.format(version=arguments.version, licence=lines) + print_ast(document) + "\n"
    arguments.output.write_text(text, "utf-8")
    print(f"{arguments.output}: {len(document.definitions)} types, {len(text)} characters")


if __name__ == "__main__":
    main()
