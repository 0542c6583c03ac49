"""Read CHANGELOG.md: its versions, and what one of them says.

Run with a version, it prints that version's section: the notes of a release.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_HEADING = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+) \((?P<when>unreleased|\d{4}-\d{2}-\d{2})\)$", re.MULTILINE
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What the changelog says about one version."""

    version: str
    when: str
    """A day as ``YYYY-MM-DD``, or ``unreleased``."""
    text: str

    @property
    def released(self) -> bool:
        """Whether the section has a day."""
        return self.when != "unreleased"

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers, to compare."""
        return tuple(int(part) for part in self.version.split("."))


def sections(text: str) -> list[Section]:
    """The sections of a changelog, in its order, the newest first."""
    found = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in found[1:]] + [len(text)]
    return [
        Section(
            version=heading["version"],
            when=heading["when"],
            text=text[heading.end() : end].strip(),
        )
        for heading, end in zip(found, ends, strict=True)
    ]


def problems(text: str, version: str) -> list[str]:
    """What is wrong with a changelog of a project that is at ``version``, a sentence each."""
    found = sections(text)
    headings = re.findall(r"^## .*$", text, re.MULTILINE)
    wrong = []
    if len(found) != len(headings):
        wrong.append("CHANGELOG.md has a heading that is not `## X.Y.Z (YYYY-MM-DD)`.")
    if not found or found[0].version != version:
        wrong.append(f"CHANGELOG.md does not start with {version}, the version of the code.")
    orders = [section.order for section in found]
    if orders != sorted(set(orders), reverse=True):
        wrong.append("CHANGELOG.md does not list each version once, the newest first.")
    wrong += [
        f"CHANGELOG.md says nothing about {section.version}."
        for section in found
        if not re.search(r"^- \S", section.text, re.MULTILINE)
    ]
    wrong += [
        f"CHANGELOG.md calls {section.version} unreleased, but a newer version follows."
        for section in found[1:]
        if not section.released
    ]
    return wrong


def main(arguments: list[str]) -> int:
    """Print the section of one version; return 1 without one."""
    (version,) = arguments
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for section in sections(text):
        if section.version == version:
            print(section.text)
            return 0
    print(f"CHANGELOG.md has no section {version}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
