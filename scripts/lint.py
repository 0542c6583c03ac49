"""Run every linter and say of each whether it is content; one failure fails all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(".github/workflows/*.yml"))
EXAMPLES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*.yml"))
PYTHON = [
    "src",
    "sandbox",
    "tests",
    "scripts",
    *(["benchmarks"] if (ROOT / "benchmarks").is_dir() else []),
]
TEMPLATES = ".github/ISSUE_TEMPLATE"
FORMS = [f"{TEMPLATES}/{name}.yml" for name in ("bug", "idea")]
SCHEMA = ["check-jsonschema", "--builtin-schema"]
CHECKS: list[tuple[str, list[str]]] = [
    ("ruff check", ["ruff", "check", "--quiet", *PYTHON]),
    ("ruff format", ["ruff", "format", "--check", "--quiet", *PYTHON]),
    ("floors of the house", ["lint-imports", "--no-cache"]),
    ("figures of the house", [sys.executable, "scripts/house.py"]),
    ("Dockerfile", ["hadolint", "Dockerfile"]),
    ("action.yml", ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]),
    (
        "workflow schema",
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS, *EXAMPLES],
    ),
    ("actionlint", ["actionlint", "-no-color", *WORKFLOWS, *EXAMPLES]),
    (
        "zizmor",
        ["zizmor", "--offline", "--no-progress", "--format", "plain", "--persona", "pedantic",
         "action.yml", ".github/dependabot.yml", *WORKFLOWS, *EXAMPLES],
    ),
    ("generated tables", ["cog", "--check", "-P", "docs/inputs.md", "docs/laptop.md"]),
    ("schemas and examples", [sys.executable, "scripts/write_generated.py", "--check"]),
    ("workflows in the docs", [sys.executable, "scripts/lint_workflows.py"]),
    ("links, options and blocks of the docs", [sys.executable, "scripts/lint_docs.py"]),
    ("pins cover the imports", [sys.executable, "scripts/lint_pins.py"]),
    ("metadata agrees", [sys.executable, "scripts/agreement.py"]),
    ("dependabot.yml", [*SCHEMA, "vendor.dependabot", ".github/dependabot.yml"]),
    ("issue forms", [*SCHEMA, "vendor.github-issue-forms", *FORMS]),
    ("issue chooser", [*SCHEMA, "vendor.github-issue-config", f"{TEMPLATES}/config.yml"]),
]  # fmt: skip


def main() -> int:
    """Run all checks, print the output of those that fail."""
    failed = []
    for name, command in CHECKS:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout + done.stderr)
    if failed:
        print(f"lint: {len(failed)} of {len(CHECKS)} checks failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
