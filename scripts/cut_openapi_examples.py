"""Collects the example answers of GitHub's published description of its REST API.

    python scripts/cut_openapi_examples.py PACKAGE [--output FILE]

PACKAGE is the unpacked npm package ``@octokit/openapi`` (MIT). Every different example is kept
once; those of an endpoint that is called here carry the paths of their fields that the endpoint's
schema lets be null or missing.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CALLED = frozenset({
    "GET /repos/{owner}/{repo}",
    "GET /repos/{owner}/{repo}/code-scanning/alerts",
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
    "GET /repos/{owner}/{repo}/git/ref/{ref}",
    "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
    "GET /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments",
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "PATCH /repos/{owner}/{repo}/pulls/{pull_number}",
    "POST /repos/{owner}/{repo}/git/refs",
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/labels",
    "POST /repos/{owner}/{repo}/pulls",
    "POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions",
    "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}",
})  # fmt: skip
"""The endpoints of ``predict_edit.github.rest``."""

Places = list[tuple[str, list[str | int]]]


class Description:
    """An OpenAPI description, with its references followed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        """The part itself, or what it refers to."""
        while "$ref" in part:
            target: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def examples(self) -> Iterator[tuple[str, int, Any, dict[str, Any]]]:
        """Every example of an answer: endpoint, status, value and schema."""
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                for status, answer in operation["responses"].items():
                    for content in self.resolved(answer).get("content", {}).values():
                        for example in content.get("examples", {}).values():
                            value = self.resolved(example).get("value")
                            schema = content.get("schema", {})
                            yield f"{method.upper()} {path}", int(status), value, schema

    def places(
        self, schema: dict[str, Any], value: Any, path: tuple[str | int, ...] = ()
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """The fields of a value that its schema lets be null or missing."""
        schema = self.resolved(schema)
        for kind in ("allOf", "anyOf", "oneOf"):
            for alternative in schema.get(kind, ()):
                yield from self.places(alternative, value, path)
        if path and schema.get("nullable") and value is not None:
            yield "null", path
        if isinstance(value, list):
            for i, entry in enumerate(value):
                yield from self.places(schema.get("items", {}), entry, (*path, i))
        if isinstance(value, dict):
            for name, field in schema.get("properties", {}).items():
                if name in value:
                    if name not in schema.get("required", ()):
                        yield "missing", (*path, name)
                    yield from self.places(field, value[name], (*path, name))


def collected(description: Description) -> tuple[int, list[dict[str, Any]]]:
    """The number of all examples, and each different one."""
    number = 0
    kept: dict[str, dict[str, Any]] = {}
    for endpoint, status, value, schema in description.examples():
        number += 1
        called = endpoint in CALLED
        key = json.dumps([endpoint if called else "", status, value], sort_keys=True)
        entry = {"endpoint": endpoint, "status": status, "answer": value}
        if called:
            entry["places"] = list(dict.fromkeys(description.places(schema, value)))
        kept.setdefault(key, entry)
    return number, list(kept.values())


def main() -> None:
    """Read the package, collect, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "tests/github/openapi_examples.json.xz"
    )
    arguments = parser.parse_args()
    text = (arguments.package / "generated/api.github.com.json").read_text("utf-8")
    number, kept = collected(Description(json.loads(text)))
    if missing := CALLED - {entry["endpoint"] for entry in kept}:
        raise SystemExit(f"There is no example for {', '.join(sorted(missing))}")
    version = json.loads((arguments.package / "package.json").read_text("utf-8"))["version"]
    document = {
        "source": f"npm package @octokit/openapi {version}, generated/api.github.com.json",
        "licence": (arguments.package / "LICENSE").read_text("utf-8").strip(),
        "documented": number,
        "examples": kept,
    }
    data = lzma.compress(json.dumps(document).encode(), preset=9 | lzma.PRESET_EXTREME)
    arguments.output.write_bytes(data)
    print(f"{arguments.output}: {len(kept)} of {number} examples, {len(data)} bytes")


if __name__ == "__main__":
    main()
