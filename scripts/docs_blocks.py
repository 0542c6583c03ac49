"""The code blocks of a page: whether each would run, and means what it says."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

import cli_tables
from predict_edit.cli.doctor.workflow_rules import examine
from predict_edit.cli.grammar import make_parser
from predict_edit.domain.errors import PredictEditError
from predict_edit.settings.fields import INPUT_NAMES as INPUTS
from predict_edit.settings.inputs import read_inputs, variable_of
from predict_edit.settings.repository_config import CONFIG_KEYS, read_config
from predict_edit.trigger.command import EditCommand, RunRecipe, parse_command

ROOT = Path(__file__).resolve().parent.parent
WORD = "/predict-edit"
OTHER_PROGRAMS = frozenset({"az", "cd", "docker", "export", "gh", "git", "npm", "source"})
"""Programs of others, whose arguments are for their own documentation to explain."""
INSTALLERS = frozenset({"pip", "pipx", "uvx"})
OTHER_FRAGMENTS = frozenset({"allowed-endpoints"})
"""Parts of the settings of others' actions."""
_COMMENT = re.compile(r"""("[^"]*"|'[^']*')|(?<=\s)#[^\n]*""")
"""A quoted text, which may hold anything, or a comment."""
_EXTRA = re.compile(r"predict-edit\[([\w,-]+)\]")


def problems(markdown: str, root: Path = ROOT) -> list[str]:
    """What is wrong with the blocks of a page, a sentence each, with its line."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    found = []
    for token in tokens:
        if token.type == "code_block":
            found.append(f"line {_line(token)}: an indented block; fence it and name its language.")
        elif token.type == "fence":
            check = CHECKS.get(token.info)
            wrong = check(token.content, root) if check else [f"nobody checks `{token.info}`."]
            found.extend(f"line {_line(token)}: {sentence}" for sentence in wrong)
    return found


def _line(token: Any) -> int:
    return int(token.map[0]) + 1


def yaml_problems(text: str, root: Path) -> Iterator[str]:
    """A workflow, a config, or a part of one; linters look at whole workflows elsewhere."""
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"it is no YAML: {error}"
        return
    if not isinstance(read, dict):
        yield "it is no mapping."
    elif True in read and "jobs" in read:  # `on:` is a truth value to this reader
        filled = text.replace("OWNER/", "octo/").replace("0" * 40, "1" * 40)
        filled = filled.replace("YOUR-", "my-")
        examined = examine("workflow", filled)
        for mistake in examined.mistakes if examined else ():
            yield f"`predict-edit doctor` finds in its line {mistake.line}: {mistake.found}."
    elif set(read) <= set(CONFIG_KEYS):
        yield from _refused(lambda: read_config(text))
        schema = json.loads((root / "schema" / "predict-edit.schema.json").read_text("utf-8"))
        unknown = set(read) - set(schema["properties"])
        yield from (f"the schema does not know `{key}`." for key in sorted(unknown))
    elif set(read) == {"with"}:
        yield from _inputs_problems(read["with"])
    elif not set(read) <= OTHER_FRAGMENTS:
        yield f"neither a workflow nor a config: {', '.join(map(str, read))}."


def _inputs_problems(given: Mapping[str, object]) -> Iterator[str]:
    """Inputs of the action, with everything that only a run knows filled in."""
    yield from (f"there is no input `{name}`." for name in sorted(set(given) - set(INPUTS)))
    values = {name: re.sub(r"\$\{\{.*?\}\}", "17", str(value)) for name, value in given.items()}
    environ = {variable_of(name): value for name, value in values.items()}
    yield from _refused(lambda: read_inputs({variable_of("github-token"): "token", **environ}))


def _refused(read: Callable[[], object]) -> Iterator[str]:
    try:
        read()
    except PredictEditError as error:
        yield str(error)


def text_problems(text: str, _root: Path) -> Iterator[str]:
    """Anything, but a command has to be one."""
    if not text.startswith(WORD):
        return
    # The grammar itself is shown with its parts in brackets.
    shown = text.replace("[options] ", "").replace("[@head] ", "").strip()
    try:
        command = parse_command(shown, WORD)
    except PredictEditError as error:
        yield str(error)
        return
    if not isinstance(command, EditCommand | RunRecipe):
        yield "it does nothing."


def sh_problems(text: str, root: Path) -> Iterator[str]:
    """Lines for a shell: their syntax, their commands, and those commands' options."""
    bash = shutil.which("bash")
    if bash:
        done = subprocess.run([bash, "-n"], input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield f"a shell does not take it: {done.stderr.strip()}"
            return
    for words in _calls(text):
        yield from _call_problems(words, root)


def _calls(text: str) -> Iterator[list[str]]:
    """Each call of a program, as its words; what is redirected is left out."""
    joined = _COMMENT.sub(lambda found: found[1] or "", text.replace("\\\n", " "))
    plain = re.sub(r"(?:<|\b[A-Za-z_]+=\$)\(([^)]*)\)", r";\1;", joined)
    lexer = shlex.shlex(f"{plain}\n;", posix=True, punctuation_chars="|&;<>\n")
    lexer.whitespace = " \t"
    lexer.commenters = ""
    lexer.whitespace_split = True
    words: list[str] = []
    skip = False
    for word in lexer:
        if set(word) <= set("|&;\n"):
            if words:
                yield words
            words = []
        elif word in {"<", ">", ">>"}:
            skip = True
        elif skip:
            skip = False
        elif words or not re.match(r"[A-Za-z_]+=", word):
            words.append(word)


def _call_problems(words: list[str], root: Path) -> Iterator[str]:
    """What is wrong with one call."""
    program, *arguments = words
    if program in INSTALLERS:
        yield from _installer_problems(arguments)
        if program == "uvx" and "predict-edit" in arguments:
            yield from _cli_problems(arguments[arguments.index("predict-edit") + 1 :])
    elif program == "predict-edit":
        yield from _cli_problems(arguments)
    elif program == "make":
        makefile = (root / "Makefile").read_text(encoding="utf-8")
        for target in arguments:
            if "=" not in target and not re.search(rf"^{target}:", makefile, re.MULTILINE):
                yield f"there is no make target `{target}`."
    elif program not in OTHER_PROGRAMS:
        yield f"`{program}` is no program that this documentation knows."


def _installer_problems(arguments: list[str]) -> Iterator[str]:
    """The extras that are asked for."""
    from importlib.metadata import metadata  # noqa: PLC0415 - only where something is installed

    known = set(metadata("predict-edit").get_all("Provides-Extra") or ())
    for named in _EXTRA.findall(" ".join(arguments)):
        for extra in set(named.split(",")) - known:
            yield f"there is no extra `{extra}`."


def _cli_problems(arguments: list[str]) -> Iterator[str]:
    """Whether the command line takes it."""
    known = {"--help", "--version"}.union(
        option
        for parser in cli_tables.commands().values()
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to ask
        for option in action.option_strings
    )
    for argument in arguments:
        if argument.startswith("--") and argument.partition("=")[0] not in known:
            yield f"no command has {argument}."
            return
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            read = make_parser().parse(arguments)
    except SystemExit as end:
        if end.code:
            yield said.getvalue().strip().splitlines()[-1]
        return
    if read.command is None:
        yield "it is no command."


def json_problems(text: str, _root: Path) -> Iterator[str]:
    """JSON has to be read."""
    try:
        json.loads(text)
    except ValueError as error:
        yield f"it is no JSON: {error}."


def python_problems(text: str, _root: Path) -> Iterator[str]:
    """Python has to compile."""
    try:
        compile(text, "block", "exec")
    except SyntaxError as error:
        yield f"it is no Python: {error}."


CHECKS: Mapping[str, Callable[[str, Path], Iterator[str]]] = {
    "yaml": yaml_problems,
    "text": text_problems,
    "sh": sh_problems,
    "json": json_problems,
    "python": python_problems,
}
"""What each language of a block has to stand up to; other languages are refused."""
