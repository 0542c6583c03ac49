"""Check that everything that names a version, an image or a dependency agrees.

``make release-check`` can be run at any time and changes nothing. It builds the wheel and looks
into it. Facts that disagree are an error; what only stands between here and a release (a changelog
without a day, say) is told and is no error. With ``--tag release/vX.Y.Z`` that is an error too: so
the release workflow runs it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
import tempfile
from pathlib import Path

import agreement
import changelog
import lint_pins
import release_commit
import test_wheel
import wheel_check

ROOT = Path(__file__).resolve().parent.parent
ORDER = re.compile(r"release/v(\d+\.\d+\.\d+)")


def not_ready(root: Path, tag: str, today: dt.date) -> list[str]:
    """What prevents a release of the tree by this tag; without a tag, by any."""
    version, found = agreement.version_of(root), []
    ordered = ORDER.fullmatch(tag)
    if tag and not ordered:
        found.append(f"`{tag}` is not a tag of the form release/vX.Y.Z.")
    elif ordered and ordered[1] != version:
        found.append(f"the tag says {ordered[1]}, the code says {version}.")
    for section in changelog.sections(agreement.read(root, "CHANGELOG.md"))[:1]:
        if not section.released:
            found.append(f"CHANGELOG.md calls {section.version} unreleased; write the day there.")
        elif dt.date.fromisoformat(section.when) > today + dt.timedelta(days=1):
            found.append(f"CHANGELOG.md says that {section.version} came out on {section.when}.")
    try:
        metadata = agreement.read(root, "action.yml")
        release_commit.pinned(metadata, "ghcr.io/owner/predict-edit", f"sha256:{'0' * 64}")
    except release_commit.CannotReleaseError as error:
        found.append(str(error))
    return found


def facts(root: Path) -> dict[str, list[str]]:
    """What is checked, and what is wrong with it."""
    checked = {name: check(root) for name, check in agreement.CHECKS.items()}
    checked["the pins cover what is imported"] = lint_pins.problems(root)
    with tempfile.TemporaryDirectory() as folder:
        wheel = test_wheel.build(Path(folder))
        checked["the wheel holds and says what the tree does"] = wheel_check.problems(wheel, root)
    return checked


def main(arguments: list[str]) -> int:
    """Check, print a line for each fact, and say whether a release could go out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tag", default="", help="the tag that orders a release: release/vX.Y.Z")
    given = parser.parse_args(arguments)
    wrong = 0
    for name, problems in facts(ROOT).items():
        print(f"{'FAIL' if problems else 'ok  '} {name}")
        for problem in problems:
            print(f"     {problem}")
        wrong += len(problems)
    today = dt.datetime.now(tz=dt.UTC).date()
    waiting = not_ready(ROOT, given.tag, today)
    version = agreement.version_of(ROOT)
    if wrong:
        print(f"{version}: {wrong} facts disagree")
    for reason in waiting:
        print(f"{version} cannot be released yet: {reason}")
    if not wrong and not waiting:
        print(f"{version} is ready: git tag release/v{version} && git push origin "
              f"release/v{version}")  # fmt: skip
    return 1 if wrong or (given.tag and waiting) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
