"""Write the schemas and examples that the code makes, or check that they are current."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from predict_edit.cli.init import Workflow
from predict_edit.report.result import result_schema
from predict_edit.settings.repository_config import config_schema

ROOT = Path(__file__).resolve().parent.parent
_COMMENTS = Workflow(provider="openai", use="comments", action="OWNER/predict-edit", ref="0" * 40)
_AZURE = dataclasses.replace(
    _COMMENTS,
    provider="azure",
    model="YOUR-DEPLOYMENT-NAME",
    base_url="https://YOUR-RESOURCE-NAME.openai.azure.com/openai/v1/",
)
WORKFLOWS = {
    "comment-openai": _COMMENTS,
    "comment-azure-key": _AZURE,
    "comment-azure-keyless": dataclasses.replace(_AZURE, provider="azure-keyless"),
    "comment-openai-compatible": dataclasses.replace(
        _AZURE, provider="other", model="YOUR-MODEL", base_url="https://YOUR-PROVIDER.example/v1/"
    ),
    "comment-ghes": dataclasses.replace(_AZURE, enterprise=True),
    "comment-threads": dataclasses.replace(_COMMENTS, use="threads"),
    **{
        f"lint-fix-{linter}": dataclasses.replace(_COMMENTS, use="schedule", linter=linter)
        for linter in ("ruff", "eslint", "code-scanning")
    },
}
"""Examples that are what ``predict-edit init`` writes, with names to replace."""


def generated() -> Mapping[str, str]:
    """Return the text of each file."""
    schemas = {"predict-edit": config_schema(), "result": result_schema()}
    return {
        f"schema/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    } | {f"examples/{name}.yml": workflow.text() for name, workflow in WORKFLOWS.items()}


def main() -> int:
    """Write, or with ``--check`` compare."""
    stale = []
    for name, text in generated().items():
        path = ROOT / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
