"""What the guards say to real edits: ``python -m benchmarks.versions FOLDER [MOST] [--write]``.

FOLDER holds git repositories. Each commit that changes a file is taken as a model's answer: the new
text, to the instruction "Fix it." and to the commit's own subject. An answer in doubt costs a
second call, and is refused if exact edits do not confirm it either. MOST limits the versions of a
language (200 by default). ``--write`` puts the figures into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from benchmarks import page
from benchmarks.figures import Section, markdown
from predict_edit.domain.edits import EditRequest, SourceFile
from predict_edit.edit import blocks, guards
from predict_edit.edit.clean import clean
from predict_edit.edit.guards.early_stop import EarlyStop
from predict_edit.llm.billing import AttemptLog
from predict_edit.llm.editor import judge
from predict_edit.llm.long_files import EditTask
from predict_edit_sandbox.model.instructions import as_edits

NONCE = "0123456789abcdef"
FIX = "Fix it."
SUBJECT = "subject"
MOST = 200
MOST_COMMITS = 4_000
MOST_CHARACTERS = 200_000
STREAM = 40
"""Characters that come in at once when the answer is read as a stream."""

_LOG = (
    *("--no-merges", "--no-renames", "--diff-filter=M", "--raw", "--no-abbrev"),
    "--format=commit %H %s",
)
LANGUAGES = {
    **dict.fromkeys((".c", ".h"), "C"),
    **dict.fromkeys((".cc", ".cpp", ".hpp", ".cxx"), "C++"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "JavaScript"),
    **dict.fromkeys((".ts", ".tsx"), "TypeScript"),
    **dict.fromkeys((".yml", ".yaml"), "YAML"),
    **dict.fromkeys((".md", ".markdown"), "Markdown"),
    **dict.fromkeys((".html", ".htm"), "HTML"),
    **dict.fromkeys((".ex", ".exs"), "Elixir"),
    **dict.fromkeys((".erl", ".hrl"), "Erlang"),
    **dict.fromkeys((".clj", ".cljc", ".cljs"), "Clojure"),
    **dict.fromkeys((".pl", ".pm", ".t"), "Perl"),
    **dict.fromkeys((".kt", ".kts"), "Kotlin"),
    **dict.fromkeys((".ml", ".mli"), "OCaml"),
    **dict.fromkeys((".fs", ".fsi", ".fsx"), "F#"),
    **dict.fromkeys((".f90", ".fypp"), "Fortran"),
    **dict.fromkeys((".tf", ".hcl"), "Terraform"),
    **dict.fromkeys((".ps1", ".psm1"), "PowerShell"),
    **dict.fromkeys((".scss", ".sass"), "Sass"),
    **dict.fromkeys((".sh", ".bash"), "Shell"),
    **dict.fromkeys((".xml", ".csproj", ".props", ".svg"), "XML"),
    ".m": "Objective-C", ".swift": "Swift", ".scala": "Scala", ".rs": "Rust", ".go": "Go",
    ".java": "Java", ".cs": "C#", ".rb": "Ruby", ".php": "PHP", ".py": "Python", ".lua": "Lua",
    ".r": "R", ".jl": "Julia", ".dart": "Dart", ".hs": "Haskell", ".elm": "Elm", ".cr": "Crystal",
    ".vim": "Vim script", ".el": "Emacs Lisp", ".zig": "Zig", ".sol": "Solidity", ".nix": "Nix",
    ".sql": "SQL", ".proto": "Protocol Buffers", ".css": "CSS", ".less": "Less", ".vue": "Vue",
    ".svelte": "Svelte", ".json": "JSON", ".toml": "TOML", ".rst": "reStructuredText",
    ".tex": "TeX", ".tpl": "Go template", ".asciidoc": "AsciiDoc", ".cmake": "CMake",
    ".groovy": "Groovy", ".gradle": "Gradle", ".csv": "CSV", ".txt": "Text", ".cfg": "INI",
    ".bat": "Batch", ".feature": "Gherkin", ".erb": "ERB", ".mdx": "MDX", ".latex": "LaTeX",
    ".1": "Roff", ".ac": "Autoconf", ".am": "Automake", ".y": "Yacc", ".jq": "jq",
    "dockerfile": "Dockerfile", "makefile": "Makefile", "cmakelists.txt": "CMake",
}  # fmt: skip
"""By suffix, or by name, in lower case."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One file before and after a commit."""

    repository: str
    commit: str
    subject: str
    path: str
    language: str
    old: str
    new: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What comes of a version as an answer."""

    doubt: str | None
    """Why a second call is made."""
    refused: str | None
    """Why nothing comes of it, although exact edits confirm it."""
    lost: bool
    """Other than it was, and nothing is counted as put back."""
    restored: int


def look(version: Version, instruction: str) -> Found:
    """Judge a version as the editor does, with a model that confirms what it means."""
    file = SourceFile(path=version.path, text=version.old, blob_sha="0" * 40)
    stream = EarlyStop(version.path, version.old)
    chunks = (version.new[at : at + STREAM] for at in range(0, len(version.new), STREAM))
    stopped = next(filter(None, map(stream.feed, chunks)), None)
    request = EditRequest(file=file, instruction=instruction)
    judged = judge(EditTask(request=request, log=AttemptLog(path=version.path)), version.new)
    text, restored = judged.text, sum(judged.restored.values())
    doubt = stopped or (judged.verdict.cause if judged.verdict else None)
    refused = None
    if doubt is not None:
        restored = 0
        try:
            text = (
                blocks.edited(version.old, as_edits(version.old, version.new, NONCE), NONCE) or ""
            )
        except blocks.BlocksRefused as error:
            refused = str(error)
        else:
            verdict = guards.judge(version.path, version.old, text, confirmed=True)
            refused = verdict.cause if verdict else None
    same = text == version.new
    if doubt is not None:
        # Blocks of lines say nothing of the last line's feed.
        same = text.rstrip("\n") == version.new.rstrip("\n")
    lost = refused is None and not same and not restored
    return Found(doubt=doubt, refused=refused, lost=lost, restored=restored)


def versions(folder: Path, most: int) -> Iterator[Version]:
    """The newest versions of each language, in turns over the repositories."""
    taken: Counter[str] = Counter()
    sources = [_changes(path, taken, most) for path in sorted(_repositories(folder))]
    while sources:
        for source in list(sources):
            if (version := next(source, None)) is None:
                sources.remove(source)
            else:
                yield version


def _repositories(folder: Path) -> Iterator[Path]:
    for top, names, files in os.walk(folder):
        if "objects" in names and "HEAD" in files:
            names.clear()
            yield Path(top)


def _changes(repository: Path, taken: Counter[str], most: int) -> Iterator[Version]:
    """Every changed file of the newest commits, as long as its language has too few."""
    git = ["git", "-C", str(repository)]
    log = subprocess.run(
        [*git, "log", f"-n{MOST_COMMITS}", *_LOG],
        capture_output=True, check=True,
    ).stdout.decode(errors="replace")  # fmt: skip
    commit = subject = ""
    with subprocess.Popen(
        [*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as objects:
        for line in log.split("\n"):
            if line.startswith("commit "):
                _, commit, subject = line.split(" ", 2)
            elif line.startswith(":100") and (language := _language(path := line.split("\t")[1])):
                if taken[language] >= most:
                    continue
                _, _, old, new, _ = line.split("\t")[0].split(" ")
                texts = [_text(objects, name) for name in (old, new)]
                if texts[0] and texts[1]:
                    taken[language] += 1
                    yield Version(
                        repository=repository.parent.name, commit=commit, subject=subject,
                        path=path, language=language, old=texts[0], new=texts[1],
                    )  # fmt: skip


def _language(path: str) -> str | None:
    pure = PurePosixPath(path.lower())
    return LANGUAGES.get(pure.name) or LANGUAGES.get(pure.suffix)


def _text(objects: subprocess.Popen[bytes], name: str) -> str | None:
    """One blob; ``None`` if it is not there, long, or no text."""
    assert objects.stdin is not None
    assert objects.stdout is not None
    objects.stdin.write(f"{name}\n".encode())
    objects.stdin.flush()
    header = objects.stdout.readline().split()
    if header[-1] == b"missing":
        return None
    data = objects.stdout.read(int(header[2]) + 1)[:-1]
    if len(data) > MOST_CHARACTERS or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def rows(folder: Path, most: int) -> Iterator[tuple[Version, str, Found]]:
    """Each version with both instructions."""
    for version in versions(folder, most):
        found = look(version, FIX)
        yield version, FIX, found
        plain, said = (
            clean(version.path, version.old, version.new, instruction=instruction)
            for instruction in (FIX, version.subject)
        )
        # Words have a say in the cleaning only.
        yield version, SUBJECT, found if said == plain else look(version, version.subject)


def report(rows: Iterable[tuple[Version, str, Found]]) -> Iterator[str | Section]:
    """Every version in doubt or other than it was, then the figures."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    languages: Counter[str] = Counter()
    for version, kind, found in rows:
        languages[version.language] += kind == FIX
        counts[kind] += Counter(
            {
                "versions": 1,
                "second calls": found.doubt is not None,
                "refused": found.refused is not None,
                "put back": found.restored > 0,
                "changed": found.lost,
            }
        )
        if found.doubt is not None or found.lost:
            where = f"{version.repository} {version.commit[:12]} {version.path}"
            yield f"{kind}: {where}: {found.refused or found.doubt or 'lost'}"
    yield Section(
        title="Second calls for real edits",
        text=(
            f"Commits of public repositories in {len(languages)} languages, each changed file "
            f"taken as a model's answer. An answer in doubt takes a second call, for exact edits."
        ),
        tables=[
            (
                (*_HEADS, "Refused", "Lines put back, and counted", "Changed without a count"),
                [_row(kind, figures) for kind, figures in counts.items()],
            )
        ],
    )


_HEADS = ("Instruction", "Versions", "Second calls", "More calls")


def _row(kind: str, figures: Counter[str]) -> list[str]:
    names = {FIX: f"`{FIX}`", SUBJECT: "the commit's own subject"}
    number, twice = figures["versions"], figures["second calls"]
    shown = [f"{figures[name]:,}" for name in ("refused", "put back", "changed")]
    return [names[kind], f"{number:,}", f"{twice:,}", f"{100 * twice / number:.2f} %", *shown]


def main(arguments: Sequence[str]) -> None:
    """Judge, print, and write the page if that is asked for."""
    folder, *most = [each for each in arguments if each != "--write"]
    for found in report(rows(Path(folder), int(most[0]) if most else MOST)):
        if isinstance(found, str):
            print(found, flush=True)
            continue
        print(found.text, *map(markdown, found.tables), sep="\n\n")
        if "--write" in arguments:
            command = " ".join(("python -m benchmarks.versions FOLDER", *most, "--write"))
            page.write({"second-calls": found}, command, aims=False)


if __name__ == "__main__":
    main(sys.argv[1:])
