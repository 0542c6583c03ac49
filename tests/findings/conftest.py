from __future__ import annotations

import json
from typing import Any

from predict_edit.domain.edits import Finding
from predict_edit.findings.reported_finding import Roots

ROOTS = Roots(folders=("/github/workspace",), name="game")


def finding(line: int | None = 1, **changes: Any) -> Finding:
    """A finding in ``src/a.py``."""
    given = {
        "path": "src/a.py",
        "line": line,
        "end_line": line,
        "column": None,
        "rule": "F401",
        "message": "`os` imported but unused",
        "tool": "ruff",
        "level": "error",
    }
    return Finding(**{**given, **changes})


def sarif(*results: dict[str, Any], **run: Any) -> bytes:
    """A SARIF log with one run."""
    whole = {"tool": {"driver": {"name": "CodeQL"}}, "results": list(results), **run}
    return json.dumps({"version": "2.1.0", "runs": [whole]}).encode()


def result(uri: str = "src/a.py", **changes: Any) -> dict[str, Any]:
    """A SARIF result at line 3."""
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": 3, "startColumn": 5}}
    return {
        "ruleId": "py/x",
        "message": {"text": "Bad."},
        "locations": [{"physicalLocation": place}],
        **changes,
    }
