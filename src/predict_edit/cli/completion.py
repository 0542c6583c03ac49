"""Shell completion, written out from the command line's own grammar."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Mapping

from predict_edit.cli.grammar import commands_of

PROGRAM = "predict-edit"

_BASH = """\
# {program} completion for bash. Load it with: source <({program} completion bash)
_predict_edit() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=""
  case "${{COMP_WORDS[1]}} $before" in
{values}
  esac
  if [ -z "$words" ]; then
    if [ "$COMP_CWORD" -eq 1 ]; then words={commands}; else
      case "${{COMP_WORDS[1]}}" in
{options}
      esac
      case "$current" in -*) ;; *) COMPREPLY=(); return ;; esac
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _predict_edit {program}
"""
_ZSH = """\
# Load it after compinit with: source <({program} completion zsh)
autoload -U +X bashcompinit && bashcompinit
"""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """Write the script for one shell, to be loaded by its start file."""
    commands = commands_of(parser)
    if shell == "fish":
        return "".join(_fish(commands))
    bash = _BASH.format(
        program=PROGRAM,
        commands=shlex.quote(" ".join(commands)),
        values="\n".join(_bash_values(commands)),
        options="\n".join(
            f"        {name}) words={shlex.quote(' '.join(_options(command)))} ;;"
            for name, command in commands.items()
        ),
    )
    return _ZSH.format(program=PROGRAM) + bash if shell == "zsh" else bash


def _actions(command: argparse.ArgumentParser) -> list[argparse.Action]:
    return command._actions  # noqa: SLF001 - argparse has no other way to ask


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [option for action in _actions(command) for option in action.option_strings]


def _bash_values(commands: Mapping[str, argparse.ArgumentParser]) -> Iterator[str]:
    """Yield what may follow an option, or the command itself, if only a few words may."""
    for name, command in commands.items():
        for action in _actions(command):
            if action.choices:
                words = shlex.quote(" ".join(map(str, action.choices)))
                for before in action.option_strings or (name,):
                    yield f"    {shlex.quote(f'{name} {before}')}) words={words} ;;"


def _fish(commands: Mapping[str, argparse.ArgumentParser]) -> Iterator[str]:
    yield f"# Load it with: {PROGRAM} completion fish | source\n"
    for name in commands:
        yield f"complete -c {PROGRAM} -n __fish_use_subcommand -f -a {name}\n"
    for name, command in commands.items():
        here = f"complete -c {PROGRAM} -n '__fish_seen_subcommand_from {name}'"
        for action in _actions(command):
            words = " ".join(map(str, action.choices or ()))
            values = f" -x -a {shlex.quote(words)}" if words else ""
            if not action.option_strings and words:
                yield f"{here}{values}\n"
            for option in action.option_strings:
                if option.startswith("--"):
                    takes = " -r" if action.nargs != 0 and not words else ""
                    yield f"{here} -l {option[2:]}{takes}{values}\n"
