"""A release: when it may go out, what its notes say, and the commit that pins the image."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

import changelog
import release_check
import release_commit
from predict_edit import __version__

from .conftest import ROOT, change

pytestmark = pytest.mark.source


TODAY = dt.date(2030, 5, 17)
TAG = f"release/v{__version__}"
IMAGE = "ghcr.io/octo/predict-edit"
DIGEST = f"sha256:{'ab' * 32}"
LOG = """\
# Changelog

## 1.1.0 (unreleased)

### Added

- New.

## 1.0.0 (2030-01-02)

- First.
"""


def dated(root: Path, day: str) -> None:
    """Give the newest section of a copy's changelog a day."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    (section, *_) = changelog.sections(text)
    change(root, "CHANGELOG.md", f"## {section.version} ({section.when})",
           f"## {section.version} ({day})")  # fmt: skip


def test_check_runs_on_this_tree(capsys: pytest.CaptureFixture[str]) -> None:
    """Run at any time, the check agrees with the tree, line by line, and says what comes next."""
    assert release_check.main([]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert (
        len([line for line in lines if line.startswith("ok   ")])
        == len(release_check.agreement.CHECKS) + 2
    )
    assert lines[-1].startswith((f"{__version__} is ready", f"{__version__} cannot be released"))


@pytest.mark.parametrize(
    ("arguments", "facts", "status", "said"),
    [
        (["--tag", "release/v0.0.1"], {"a": []}, 1, "the tag says 0.0.1"),
        ([], {"a": ["This is wrong."]}, 1, "1 facts disagree"),
        ([], {"a": []}, 0, "ok   a"),
    ],
)
def test_status_of_the_check(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    facts: dict[str, list[str]],
    status: int,
    said: str,
) -> None:
    """Contradictions always fail it; what only prevents a release, only for a tag."""
    monkeypatch.setattr(release_check, "facts", lambda _root: facts)

    assert release_check.main(arguments) == status
    assert said in capsys.readouterr().out


def test_ready_when_dated_and_tagged(repository: Path) -> None:
    """With a day in the changelog and the right tag, nothing prevents the release."""
    dated(repository, "2030-05-17")

    assert release_check.not_ready(repository, TAG, TODAY) == []


@pytest.mark.parametrize(
    ("tag", "day", "said"),
    [
        (TAG, "unreleased", "calls"),
        (TAG, "2030-05-19", "came out on 2030-05-19"),
        ("release/v0.0.1", "2030-05-17", "the tag says 0.0.1"),
        (f"v{__version__}", "2030-05-17", "not a tag of the form release/vX.Y.Z"),
    ],
)
def test_not_ready(repository: Path, tag: str, day: str, said: str) -> None:
    """A wrong tag, a changelog without a day or with one to come, each stops a release."""
    dated(repository, day)

    (problem,) = release_check.not_ready(repository, tag, TODAY)

    assert said in problem


def test_a_release_is_not_released_again(repository: Path) -> None:
    """From a release commit, whose image is written already, no release is made."""
    dated(repository, "2030-05-17")
    change(repository, "action.yml", "image: Dockerfile", f"image: docker://{IMAGE}@{DIGEST}")

    (problem,) = release_check.not_ready(repository, TAG, TODAY)

    assert "does not have the line `image: Dockerfile`" in problem


def test_notes_are_the_words_of_the_changelog(capsys: pytest.CaptureFixture[str]) -> None:
    """The notes of a release are its section; a version without one has none."""
    assert [(s.version, s.released, s.text) for s in changelog.sections(LOG)] == [
        ("1.1.0", False, "### Added\n\n- New."),
        ("1.0.0", True, "- First."),
    ]
    assert changelog.main([__version__]) == 0
    assert "- " in capsys.readouterr().out
    assert changelog.main(["0.0.99"]) == 1
    assert "no section 0.0.99" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.1.0", "1.2.0", "does not start with 1.1.0"),
        ("## 1.0.0 (2030-01-02)", "## 1.0.0 - 2030", "a heading that is not"),
        ("1.0.0", "1.1.0", "each version once"),
        ("1.0.0", "2.0.0", "the newest first"),
        ("- First.", "", "says nothing about 1.0.0"),
        ("2030-01-02", "unreleased", "calls 1.0.0 unreleased, but a newer version follows"),
    ],
)
def test_changelog_is_checked(old: str, new: str, said: str) -> None:
    """Each possible fault of the changelog is reported."""
    assert changelog.problems(LOG, "1.1.0") == []

    problems = changelog.problems(LOG.replace(old, new), "1.1.0")

    assert any(said in problem for problem in problems), problems


def git(root: Path, *arguments: str) -> str:
    """Run git; what it says."""
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with what a release commit looks at, at the tag that orders the release."""
    root = tmp_path / "checkout"
    (root / "src" / "predict_edit").mkdir(parents=True)
    for name in ("action.yml", "src/predict_edit/__init__.py"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Work")
    git(root, "tag", TAG)
    return root


def test_release_commit_changes_one_line(checkout: Path) -> None:
    """The commit's parent is what was tested; only the image differs; the branch stays."""
    tested = git(checkout, "rev-parse", "HEAD")

    commit = release_commit.release(checkout, IMAGE, DIGEST)

    assert git(checkout, "rev-parse", f"v{__version__}^{{commit}}") == commit
    assert git(checkout, "rev-parse", f"{commit}^") == tested
    assert git(checkout, "rev-parse", "main") == tested
    lines = git(checkout, "diff", "--unified=0", tested, commit).splitlines()
    changed = [line for line in lines if line[0] in "+-" and line[:3] not in {"+++", "---"}]
    assert changed == ["-  image: Dockerfile", f"+  image: docker://{IMAGE}@{DIGEST}"]


def test_release_commit_is_made_once(checkout: Path) -> None:
    """Run again, it finds its tag; another image under the same tag is refused."""
    commit = release_commit.release(checkout, IMAGE, DIGEST)
    git(checkout, "checkout", "--quiet", "main")

    assert release_commit.release(checkout, IMAGE, DIGEST) == commit
    with pytest.raises(release_commit.CannotReleaseError, match="exists and is something else"):
        release_commit.release(checkout, IMAGE, f"sha256:{'cd' * 32}")


def test_major_tag_moves_to_the_release(checkout: Path, tmp_path: Path) -> None:
    """What the workflow pushes: the tag of the version, and the major one, also when it exists."""
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(checkout, "push", "--quiet", str(remote), "main", "main:refs/tags/v0")
    commit = release_commit.release(checkout, IMAGE, DIGEST)

    git(checkout, "push", "--quiet", str(remote), f"refs/tags/v{__version__}")
    git(checkout, "push", "--quiet", "--force", str(remote), "HEAD:refs/tags/v0")

    assert git(remote, "rev-parse", f"v{__version__}^{{commit}}", "v0") == f"{commit}\n{commit}"
    assert git(remote, "rev-parse", "main") == git(checkout, "rev-parse", f"{commit}^")


@pytest.mark.parametrize(
    ("image", "digest", "said"),
    [
        (IMAGE, "sha256:abc", "not a digest"),
        (IMAGE, f"{DIGEST}\n  args: [x]", "not a digest"),
        ("ghcr.io/Octo/predict-edit", DIGEST, "in lower case"),
        ("example.org/octo/predict-edit", DIGEST, "not an image of ghcr.io"),
    ],
)
def test_only_an_exact_image_is_written(checkout: Path, image: str, digest: str, said: str) -> None:
    """Without a digest of an image in the registry, nothing is written and no tag is made."""
    with pytest.raises(release_commit.CannotReleaseError, match=said):
        release_commit.release(checkout, image, digest)

    assert git(checkout, "tag") == TAG


def test_changed_tree_is_not_released(checkout: Path) -> None:
    """A release holds what was committed and nothing else."""
    (checkout / "action.yml").write_text("changed", encoding="utf-8")

    with pytest.raises(release_commit.CannotReleaseError, match="not committed"):
        release_commit.release(checkout, IMAGE, DIGEST)
