"""Write the JSON Schemas in schema/ from the code's own models, or check that they are so."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from predict_edit.report.result import result_schema
from predict_edit.settings.repository_config import config_schema

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = {"predict-edit.schema.json": config_schema, "result.schema.json": result_schema}


def main() -> int:
    """Write, or with ``--check`` compare."""
    stale = []
    for name, make in SCHEMAS.items():
        path = ROOT / "schema" / name
        text = json.dumps(make(), indent=2, ensure_ascii=False) + "\n"
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
