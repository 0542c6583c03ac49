"""Draw the README's picture from a real run of the demonstration, as GitHub would show it.

The command, its reactions, the summary as it is seen at first sight, and a suggestion are those of
the run. Some files of its table are left out, and what differs from run to run: the cost, as each
prompt holds random characters, and the targets of links.

The picture is an SVG that holds XHTML: it is sharp at any size, and takes the reader's own fonts
and colours, as GitHub does.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from rich.console import Console

from github_look import STYLE, escaped, rendered
from predict_edit_sandbox.demo import run_demo
from predict_edit_sandbox.demo_scene import COMMAND, COMMENTER
from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "demo.svg"
WIDTH, HEIGHT = 830, 1020
SUGGESTED = "fizzbuzz.py"
"""The file whose suggestion is shown."""
FILES = ("config/service.yaml", "data/cases.json", SUGGESTED)
"""Files whose row of the table is shown."""
EMOJI = {"eyes": "👀", "rocket": "🚀"}
_CODE_COLOURS = (
    (Comment, "note"), (String, "string"), (Number, "number"), (Operator.Word, "keyword"),
    (Operator, "number"), (Keyword, "keyword"), (Name.Builtin, "number"), (Name.Function, "name"),
)  # fmt: skip
_SVG = 'xmlns="http://www.w3.org/2000/svg"'
_BOT = (
    f'<svg {_SVG} class="avatar square" viewBox="0 0 32 32">'
    '<rect width="32" height="32" fill="#2088ff"/>'
    '<g fill="none" stroke="#fff" stroke-width="2"><rect x="6" y="7" width="8" height="8" rx="2"/>'
    '<rect x="18" y="17" width="8" height="8" rx="2"/>'
    '<path d="M10 15v3a3 3 0 0 0 3 3h5"/></g></svg>'
)
_LOOK = """
.avatar { width: 40px; height: 40px; border-radius: 50%; position: absolute; left: 0; top: 0;
  border: 1px solid var(--soft); }
.avatar.square { border-radius: 6px; }
.item { position: relative; margin-left: 56px; }
.item + .item { margin-top: 24px; }
.box { border: 1px solid var(--line); border-radius: 6px; background: var(--canvas); }
.head { display: flex; align-items: center; gap: 6px; padding: 7px 16px; color: var(--muted);
  background: var(--subtle); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; }
.head b, .who b { color: var(--text); font-weight: 600; }
.label { margin-left: auto; padding: 0 7px; border: 1px solid var(--line); border-radius: 2em;
  font-size: 12px; font-weight: 500; line-height: 18px; }
.label.near { margin-left: 0; }
.reactions { display: flex; gap: 8px; padding: 0 16px 16px; }
.reactions span { padding: 0 10px; border: 1px solid var(--line); border-radius: 100px;
  font-size: 12px; line-height: 24px; }
.who { display: flex; align-items: center; gap: 6px; color: var(--muted); }
.item.review { padding: 4px 0 12px; }
.item > .avatar { left: -56px; }
.eye { width: 32px; height: 32px; padding: 8px; border-radius: 50%; background: var(--subtle);
  fill: var(--muted); }
.path { padding: 8px 16px; font-size: 12px; border-bottom: 1px solid var(--line);
  background: var(--subtle); border-radius: 6px 6px 0 0; }
.diff { border-spacing: 0; width: 100%; font-size: 12px; line-height: 20px; white-space: pre;
  overflow: hidden; }
.diff td { padding: 0 10px; }
.diff .n { width: 44px; text-align: right; color: var(--muted); }
.diff .sign { width: 10px; padding: 0 0 0 10px; }
.diff .minus td { background: var(--removed); }
.diff .minus .n { background: var(--removed-number); }
.diff .plus td { background: var(--added); }
.diff .plus .n { background: var(--added-number); }
.minus .word { background: var(--removed-word); border-radius: 3px; }
.plus .word { background: var(--added-word); border-radius: 3px; }
.hunk td { background: color-mix(in srgb, var(--link) 10%, transparent); color: var(--muted); }
.keyword { color: var(--keyword); } .string { color: var(--string); } .note { color: var(--note); }
.number { color: var(--number); } .name { color: var(--name); }
.thread { position: relative; padding: 16px 16px 16px 56px; border-top: 1px solid var(--line); }
.thread .avatar { width: 28px; height: 28px; left: 16px; top: 14px; }
.suggestion { margin-top: 8px; border: 1px solid var(--line); border-radius: 6px;
  overflow: hidden; }
.suggestion .title { padding: 8px 12px; border-bottom: 1px solid var(--line); font-size: 12px;
  color: var(--muted); }
.buttons { display: flex; justify-content: flex-end; gap: 8px; padding: 8px;
  border-top: 1px solid var(--line); }
.button { padding: 3px 12px; border: 1px solid var(--line); border-radius: 6px; font-size: 12px;
  font-weight: 500; line-height: 20px; background: var(--subtle); }
.button.go { color: #ffffff; background: var(--button); border-color: transparent; }
"""


def main() -> int:
    """Run the demonstration and draw it; 0 when the demonstration proved itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        status = run_demo(out=folder, console=Console(file=io.StringIO()))
        if status:
            print("the demonstration failed; `make demo` says why")
            return status
        svg = draw(folder)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, encoding="utf-8", newline="\n")
    print(f"{PICTURE.name}: {len(svg.encode()):,} bytes")
    return 0


def draw(folder: Path) -> str:
    """Draw what a demonstration left in a folder."""
    items = (command(folder), summary(folder), review(folder))
    drawn = (
        f'<svg {_SVG} width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">\n<style>{STYLE}{_LOOK}</style>\n'
        f'<foreignObject width="{WIDTH}" height="{HEIGHT}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="github" style="height: {HEIGHT}px; '
        f'padding: 16px;">\n{"".join(items)}</div></foreignObject></svg>\n'
    )
    drawn = re.sub(r' href="[^"]*"', "", drawn)  # a picture leads nowhere
    ET.fromstring(drawn)  # noqa: S314 - our own text, which has to be XML
    return drawn


def command(folder: Path) -> str:
    """The comment that gives the command, with the reactions that the run added."""
    requests = json.loads((folder / "github-requests.json").read_text("utf-8"))
    sent = json.dumps([each["body"] for each in requests if each["method"] == "POST"]).lower()
    shown = "".join(f"<span>{EMOJI[name]} 1</span>" for name in EMOJI if f'"{name}"' in sent)
    head = f"<b>{COMMENTER}</b> commented<span class='label'>Collaborator</span>"
    return _comment(
        _identicon(COMMENTER), head, f"{_body(COMMAND)}<div class='reactions'>{shown}</div>"
    )


def summary(folder: Path) -> str:
    """The summary comment before anything is unfolded, with some rows of its table."""
    markdown = (folder / "summary.md").read_text("utf-8")
    start = markdown.partition("<details><summary>Details</summary>")[0]
    start = re.sub(r"(<sub>)[\d.]+ USD · ", r"\1", start)
    rows = [line for line in start.splitlines() if line.startswith("| `")]
    kept = [row for row in rows if any(row.startswith(f"| `{path}`") for path in FILES)]
    more = f"| *… {len(rows) - len(kept)} more files* | | | |"
    start = start.replace("\n".join(rows), "\n".join([*kept, more]))
    head = "<b>github-actions</b><span class='label near'>bot</span> commented"
    return _comment(_BOT, head, _body(f"{start}<details><summary>Details</summary></details>"))


def review(folder: Path) -> str:
    """The first suggestion, below the lines of the pull request that it is about."""
    comments = json.loads((folder / "review.json").read_text("utf-8"))
    (comment,) = (each for each in comments if each["path"] == SUGGESTED)
    (block,) = suggestion_blocks(comment["body"])
    first, last = comment["start_line"] or comment["line"], comment["line"]
    repository = folder / "git" / "repository.git"
    git = ("git", "-C", str(repository))
    head = f"{_head_of(folder)}:{SUGGESTED}"
    lines = subprocess.run((*git, "show", head), check=True, capture_output=True, text=True).stdout
    before = lines.splitlines()[first - 1 : last]
    patch = subprocess.run(
        (*git, "diff", f"main...{_head_of(folder)}", "--", SUGGESTED),
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    eye = (
        f'<svg {_SVG} class="eye" viewBox="0 0 16 16">'
        '<path d="M8 2c1.981 0 3.671.992 4.933 2.078 1.27 '
        "1.091 2.187 2.345 2.637 3.023a1.62 1.62 0 0 1 0 1.798c-.45.678-1.367 1.932-2.637 "
        "3.023C11.67 13.008 9.981 14 8 14s-3.671-.992-4.933-2.078C1.797 10.83.88 9.576.43 8.898a"
        "1.62 1.62 0 0 1 0-1.798c.45-.677 1.367-1.931 2.637-3.022C4.33 2.992 6.019 2 8 2Zm0 3a3 3 "
        '0 1 0 0 6 3 3 0 0 0 0-6Z"/></svg>'
    )
    return (
        f"<div class='item review'>{_BOT}<div class='who'>{eye}"
        "<b>github-actions</b><span class='label near'>bot</span> reviewed</div></div>"
        "<div class='item' style='margin-top: 0'><div class='box'>"
        f"<div class='path mono'>{SUGGESTED}</div>"
        f"<table class='diff mono'>{''.join(_hunk(patch, last))}</table>"
        f"<div class='thread'>{_BOT}<div class='who'><b>github-actions</b>"
        "<span class='label near'>bot</span></div>"
        "<div class='suggestion'><div class='title'>Suggested change</div>"
        f"<table class='diff mono'>{''.join(_suggestion(before, block, first))}</table>"
        "<div class='buttons'><span class='button'>Add suggestion to batch</span>"
        "<span class='button go'>Commit suggestion</span></div></div></div></div></div>\n"
    )


def _head_of(folder: Path) -> str:
    """The pull request's commit that the run saw."""
    result = folder / "workspace" / "predict-edit-out" / "result.json"
    return str(json.loads(result.read_text("utf-8"))["head"])


def _comment(avatar: str, head: str, body: str) -> str:
    box = f"<div class='box'><div class='head'>{head}</div>{body}</div>"
    return f"<div class='item'>{avatar}{box}</div>\n"


def _body(markdown: str) -> str:
    return f"<div class='markdown-body'>{rendered(markdown)}</div>"


def _identicon(login: str) -> str:
    """Draw a face as GitHub gives one to people without a picture: five by five, mirrored."""
    digest = sha256(login.encode()).digest()
    squares = "".join(
        f'<rect x="{x * 5}" y="{y * 5}" width="5" height="5"/>'
        for x in range(5)
        for y in range(5)
        if digest[min(x, 4 - x) * 5 + y] % 2
    )
    return (
        f'<svg {_SVG} class="avatar" viewBox="-4 -4 33 33">'
        '<rect x="-4" y="-4" width="33" height="33" fill="#f0f0f0"/>'
        f'<g fill="#8a63d2">{squares}</g></svg>'
    )


def _hunk(patch: str, until: int) -> Iterator[str]:
    """The last lines of the pull request's hunk up to the one that the suggestion is about."""
    lines = patch.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("@@"))
    numbers = "<td class='n'/><td class='n'/><td/>"
    yield f"<tr class='hunk'>{numbers}<td>{escaped(lines[start])}</td></tr>"
    rows, old, new = [], 1, 1
    for line in lines[start + 1 :]:
        sign, code = line[:1], line[1:]
        numbers = ("" if sign == "+" else str(old), "" if sign == "-" else str(new))
        old, new = old + (sign != "+"), new + (sign != "-")
        rows.append(_row(sign, numbers, _coloured(code, range(0))))
        if sign != "-" and new > until:
            break
    yield from rows


def _suggestion(before: list[str], after: Iterable[str], first: int) -> Iterator[str]:
    """Each removed and each added line, with what differs in them."""
    after = list(after)
    for number, line in enumerate(before):
        other = after[number] if number < len(after) else ""
        yield _row("-", (str(first + number), ""), _coloured(line, _changed(line, other)))
    for number, line in enumerate(after):
        other = before[number] if number < len(before) else ""
        yield _row("+", ("", str(first + number)), _coloured(line, _changed(line, other)))


def _changed(line: str, other: str) -> range:
    """Which characters of a line its counterpart does not have, from the first to the last."""
    same = [a == b for a, b in zip(line, other, strict=False)]
    start = same.index(False) if False in same else len(same)
    tail = [a == b for a, b in zip(line[: start - 1 : -1], other[: start - 1 : -1], strict=False)]
    end = len(line) - (tail.index(False) if False in tail else len(tail))
    return range(start, end)


def _row(sign: str, numbers: tuple[str, str], code: str) -> str:
    kind = {"-": "minus", "+": "plus"}.get(sign, "same")
    cells = "".join(f"<td class='n'>{number}</td>" for number in numbers)
    shown = sign if kind != "same" else ""
    return f"<tr class='{kind}'>{cells}<td class='sign'>{shown}</td><td>{code}</td></tr>"


def _coloured(code: str, changed: range) -> str:
    """Write a line of code with its colours, and with a word marked as changed."""
    pieces: list[tuple[str, bool, str]] = []
    at = 0
    for token, text in get_lexer_for_filename(SUGGESTED, stripnl=False).get_tokens(code):
        colour = next((name for kind, name in _CODE_COLOURS if token in kind), "")
        for character in text.rstrip("\n"):
            word = at in changed
            if pieces and pieces[-1][:2] == (colour, word):
                pieces[-1] = (colour, word, pieces[-1][2] + character)
            else:
                pieces.append((colour, word, character))
            at += 1
    return "".join(
        f"<span class='{colour}{' word' * word}'>{escaped(text)}</span>"
        for colour, word, text in pieces
    )


if __name__ == "__main__":
    sys.exit(main())
