"""Pull requests with edits, for the step from an edited file to suggestions, and their judge.

Every edit is known by its lines, so that of any suggestion it can be said which edits it makes, to
the byte. Nothing of what composes suggestions is used for that.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from predict_edit_sandbox.github import Refusal, Sandbox
from predict_edit_sandbox.github.nouns import ReviewComment
from predict_edit_sandbox.github.suggestion_blocks import replace_lines
from predict_edit_sandbox.github.suggestion_commits import change_of
from predict_edit_sandbox.world_files import WorldFile

LINES = 40
MANY = 40
"""Files of the one large pull request."""
REACH = 2
"""Lines. With one line of context, git puts changes that are so near into one piece."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Lines ``start`` to ``end`` become others; ``end`` is ``start - 1`` where lines come in."""

    start: int
    end: int
    new: tuple[str, ...]

    def near(self, start: int, end: int) -> bool:
        """Whether a suggestion for a range of lines can be meant for this edit."""
        return start - REACH <= max(self.end, self.start) and self.start - REACH <= end


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """A file before and after the pull request, and what is to be edited in it."""

    path: str
    base: str
    head: str
    edits: tuple[Edit, ...]

    @property
    def edited(self) -> str:
        """The file with all edits made."""
        return self.with_edits(self.edits)

    def with_edits(self, edits: Iterable[Edit]) -> str:
        """The file with some of the edits made."""
        pieces = self.head.split("\n")
        for edit in sorted(edits, key=lambda each: each.start, reverse=True):
            pieces[edit.start - 1 : edit.end] = edit.new
        return "\n".join(pieces)

    @property
    def world_file(self) -> WorldFile:
        """The file for the stage."""
        return WorldFile(path=self.path, base=self.base.encode(), head=self.head.encode())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One pull request."""

    title: str
    files: tuple[EditedFile, ...]

    @property
    def edits(self) -> int:
        """How many edits there are in all files."""
        return sum(len(file.edits) for file in self.files)


def scenes() -> Iterator[Scene]:
    """The pull requests, from the plain to the awkward."""
    yield _scene(
        "changed lines inside the diff",
        _file(_change(9), _change(11), _change(30), pull=(9, 30)),
    )
    yield _scene(
        "lines come in, in the middle of a hunk",
        _file(Edit(start=10, end=9, new=("first()", "second()"))),
    )
    yield _scene(
        "lines come in, above the first and below the last line of a hunk",
        _file(Edit(start=7, end=6, new=("above()",)), Edit(start=14, end=13, new=("below()",))),
    )
    yield _scene(
        "a line comes in above the first line of the file",
        _file(Edit(start=1, end=0, new=("first()",)), pull=(2,)),
    )
    yield _scene(
        "lines go, one and two at a time",
        _file(Edit(start=9, end=9, new=()), Edit(start=21, end=22, new=()), pull=(10, 20)),
    )
    yield _scene(
        "a line becomes blank, a blank line comes in",
        _file(Edit(start=9, end=9, new=("",)), Edit(start=20, end=19, new=("",)), pull=(10, 20)),
    )
    yield _scene(
        "a line moves down by one: it goes, and comes in again",
        _file(
            Edit(start=10, end=10, new=()),
            Edit(start=12, end=11, new=("value_10 = 10",)),
            pull=(8,),
        ),
    )
    yield _scene("the last line, without a newline", _unended())
    yield _scene("fences of four backticks", _fences())
    yield _scene("one edit inside the diff, two far outside", _file(_change(11), *_far()))
    yield _scene(
        "one edit inside the diff, one from one hunk into the next",
        _file(_change(9), _long_change(12, 18), pull=(10, 20)),
    )
    yield _scene("an edit around a line that the pull request removes", _around_removed())
    many = (_file(_change(11), path=f"src/part_{number:02}.py") for number in range(MANY))
    yield Scene(title=f"an edit inside the diff in each of {MANY} files", files=tuple(many))


def _scene(title: str, file: EditedFile) -> Scene:
    return Scene(title=title, files=(file,))


def _lines() -> list[str]:
    return [f"value_{number} = {number}" for number in range(1, LINES + 1)]


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _file(*edits: Edit, pull: Sequence[int] = (10,), path: str = "src/values.py") -> EditedFile:
    """Forty lines, no two of them equal; the pull request changes the lines ``pull``."""
    head = _lines()
    base = [f"before_{n}()" if n in pull else line for n, line in enumerate(head, start=1)]
    return EditedFile(path=path, base=_text(base), head=_text(head), edits=edits)


def _change(line: int) -> Edit:
    return Edit(start=line, end=line, new=(f"value_{line} = compute({line})",))


def _long_change(start: int, end: int) -> Edit:
    new = tuple(f"value_{line} = compute({line})" for line in range(start, end + 1))
    return Edit(start=start, end=end, new=new)


def _far() -> tuple[Edit, ...]:
    return _change(25), _change(35)


def _unended() -> EditedFile:
    file = _file(_change(LINES), pull=(LINES - 1,))
    return dataclasses.replace(
        file, base=file.base.removesuffix("\n"), head=file.head.removesuffix("\n")
    )


def _fences() -> EditedFile:
    fence = "````"
    head = ["# Words", "", f"{fence}markdown", "some text", fence, "", "The end."]
    base = [*head[:3], "no text", *head[4:]]
    edit = Edit(start=4, end=5, new=("other text", fence, "", f"{fence}python", "print()", fence))
    return EditedFile(path="docs/words.md", base=_text(base), head=_text(head), edits=(edit,))


def _around_removed() -> EditedFile:
    head = _lines()
    base = [*head[:9], "removed()", *head[9:]]
    return EditedFile(
        path="src/values.py", base=_text(base), head=_text(head), edits=(_long_change(9, 12),)
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the edits of a scene. The counts add up to all of them."""

    posted: int
    """Suggestions."""
    made: int = 0
    """Edits that suggestions make, to the byte."""
    wrong: int = 0
    """Edits whose suggestion makes something else."""
    dead: int = 0
    """Edits whose suggestion was posted and cannot be committed."""
    patched: int = 0
    """Edits in a patch that, applied to the head, makes these edits to the byte."""
    refused: int = 0
    """Edits in a review that GitHub refused as a whole; the step fails."""
    logged: int = 0
    """Edits whose lines only the job's log mentions."""
    silent: int = 0
    """Edits that nothing mentions."""
    batch: bool = False
    """Whether all suggestions, committed as one batch, make nothing but edits."""


Place = tuple[str, int, int]
"""A file and a range of lines of it."""


def made_by(file: EditedFile, text: str) -> frozenset[int] | None:
    """Which edits lead to this text, by their indices; ``None`` where no choice of them does."""
    indices = range(len(file.edits))
    for count in range(1, len(file.edits) + 1):
        for chosen in itertools.combinations(indices, count):
            if file.with_edits(file.edits[index] for index in chosen) == text:
                return frozenset(chosen)
    return None


def judge(
    sandbox: Sandbox,
    scene: Scene,
    comments: Sequence[ReviewComment],
    *,
    patched: Mapping[str, str] | None = None,
    refused: bool = False,
    logged: Sequence[Place] = (),
) -> Verdict:
    """Say of every edit what became of it; the best that is true of it counts.

    The suggestions are committed at the end, so the head moves. ``patched``: the files of the
    head with the patch for the rest applied. ``refused``: GitHub took no review. ``logged``:
    places that the log names.
    """
    made: set[tuple[str, int]] = set()
    wrong: list[Place] = []
    dead: list[Place] = []
    files = {file.path: file for file in scene.files}
    for comment in comments:
        file = files[comment.thread.path]
        try:
            change = change_of(sandbox, comment)
        except Refusal:
            end = comment.thread.line or 0
            dead.append((file.path, comment.thread.start_line or end, end))
            continue
        text = replace_lines(file.head.encode(), [change], as_file=False).decode()
        if indices := made_by(file, text):
            made.update((file.path, index) for index in indices)
        else:
            wrong.append((file.path, change[0], change[1]))
    in_patch = {
        (file.path, index)
        for file in scene.files
        for index in made_by(file, (patched or {}).get(file.path, file.head)) or ()
    }
    counts = dict.fromkeys(("made", "wrong", "dead", "patched", "refused", "logged", "silent"), 0)
    for file in scene.files:
        for index, edit in enumerate(file.edits):
            verdicts = (
                ("made", (file.path, index) in made),
                ("wrong", _touched(file, edit, wrong)),
                ("dead", _touched(file, edit, dead)),
                ("patched", (file.path, index) in in_patch),
                ("refused", refused),
                ("logged", _touched(file, edit, logged)),
                ("silent", True),
            )
            counts[next(name for name, true in verdicts if true)] += 1
    return Verdict(posted=len(comments), batch=_one_batch(sandbox, scene, comments), **counts)


def _one_batch(sandbox: Sandbox, scene: Scene, comments: Sequence[ReviewComment]) -> bool:
    """Commit all suggestions at once, and say whether that makes edits and nothing else."""
    try:
        commit = sandbox.apply_suggestions(comments)
    except Refusal:
        return False
    store = comments[0].pull.repository.store
    for path in {comment.thread.path for comment in comments}:
        (file,) = (each for each in scene.files if each.path == path)
        entry = store.entry(commit, path)
        text = store.blob(entry.sha) if entry else None
        if text is None or not made_by(file, text.decode()):
            return False
    return True


def _touched(file: EditedFile, edit: Edit, places: Sequence[Place]) -> bool:
    return any(path == file.path and edit.near(start, end) for path, start, end in places)
