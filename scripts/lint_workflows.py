"""Lint the workflows that README and docs show and those that `predict-edit init` writes."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from predict_edit.cli.init import PROVIDERS, USES, Workflow

ROOT = Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"^```ya?ml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WORKFLOW = re.compile(r"^on:", re.MULTILINE)
TOOLS = (
    ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
    ("actionlint", "-no-color"),
    ("zizmor", "--offline", "--no-progress", "--format", "plain", "--persona", "pedantic"),
)
ZIZMOR = """
rules:
  unpinned-uses: {config: {policies: {"OWNER/predict-edit": ref-pin, "*": hash-pin}}}
  anonymous-definition: {ignore: [README-1.yml]}
  concurrency-limits: {ignore: [README-1.yml]}
  undocumented-permissions: {ignore: [README-1.yml]}
"""
"""The quick start is kept short, and names a release by its tag, so that it works as shown."""


def snippets(page: Path) -> Iterator[str]:
    """Find the whole workflows among a page's YAML blocks."""
    for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
        if _WORKFLOW.search(found[1]):
            yield found[1]


def written_by_init() -> Iterator[tuple[str, Workflow]]:
    """Yield a workflow for each choice that `predict-edit init` has."""
    linters = ("ruff", "eslint", "code-scanning")
    uses = [(use, linter) for use in USES for linter in (linters if use == "schedule" else ("",))]
    for provider, (use, linter), enterprise in itertools.product(PROVIDERS, uses, (False, True)):
        name = "-".join(filter(None, ("init", provider, use, linter, "ghes" * enterprise)))
        yield (
            name,
            Workflow(
                provider=provider,
                use=use,
                linter=linter,
                enterprise=enterprise,
                action="octo/predict-edit",
                ref="1" * 40,
                model="a-model",
                base_url="https://name.openai.azure.com/openai/v1/",
            ),
        )


def main() -> int:
    """Write each workflow to a file of its own and run the linters over all of them."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / ".github" / "workflows"
        folder.mkdir(parents=True)
        (folder.parent / "zizmor.yml").write_text(ZIZMOR, encoding="utf-8")
        written = []
        for page in pages:
            for number, snippet in enumerate(snippets(page), start=1):
                path = folder / f"{page.stem}-{number}.yml"
                path.write_text(snippet, encoding="utf-8")
                written.append(str(path))
        if not written:
            print("no workflow was found in README.md and docs/")
            return 1
        for stem, workflow in written_by_init():
            path = folder / f"{stem}.yml"
            path.write_text(workflow.text(), encoding="utf-8")
            written.append(str(path))
        failed = 0
        for tool in TOOLS:
            done = subprocess.run([*tool, *written], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                failed += 1
                print(f"{tool[0]}:\n{done.stdout}{done.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
