"""Git as a source of facts about a checkout, and of nothing else.

A repository's configuration can make git run programs: hooks, a file system
monitor, filters, external diffs. None of that is needed to read what changed, so all of it is off,
and git may fetch nothing: what it does not have, it says.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from predict_edit.domain.errors import CheckoutError

SECONDS: Final = 120.0
"""Git answers within milliseconds; what takes this long is stuck."""

_KEPT: Final = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR"),
    *("USERPROFILE", "SYSTEMROOT", "TEMP", "TMP", "GIT_CEILING_DIRECTORIES"),
)
_SETTINGS: Final = {
    "core.compression": "0",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.sparseCheckout": "false",
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "core.attributesFile": os.devnull,
    "diff.external": "",
    "diff.ignoreSubmodules": "all",
    "index.sparse": "false",
}
_FILTER: Final = re.compile(r"filter\.(.+)\.(?:clean|smudge|process|required)", re.DOTALL)


class Git:
    """Runs git in one folder, harmlessly."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("git")
        if program is None:
            raise CheckoutError("The program git was not found.", "Install git.")
        if not folder.is_dir():
            raise CheckoutError(f"{folder} is not a folder.", "Name the folder of a git checkout.")
        self._program = program
        self.folder = folder
        self._settings = _SETTINGS
        self._settings = {**_SETTINGS, **self._no_filters()}

    def run(self, *arguments: str, data: bytes = b"", more: Mapping[str, str] | None = None) -> str:
        """Run a command and return what it prints, in UTF-8 with lone bytes kept as surrogates.

        Raises:
            CheckoutError: git failed, with its own words.
        """
        return self.raw(*arguments, data=data, more=more).decode("utf-8", "surrogateescape")

    def raw(
        self, *arguments: str, data: bytes = b"", more: Mapping[str, str] | None = None
    ) -> bytes:
        """Do as :meth:`run`, for what is not text."""
        done = self._start(arguments, data, more or {})
        if done.returncode:
            message = done.stderr.decode(errors="replace").strip()[:300]
            raise CheckoutError(
                f"git {arguments[0]} failed: {message or done.returncode}.", _advice(message)
            )
        return done.stdout

    def ask(self, *arguments: str) -> str | None:
        """Run a command that may say no; its one line of answer, or ``None``."""
        done = self._start(arguments)
        if done.returncode:
            return None
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def _no_filters(self) -> dict[str, str]:
        """Switch off every filter that some configuration defines."""
        named = self.ask("config", "--null", "--name-only", "--get-regexp", r"^filter\.") or ""
        names = {found[1] for key in named.split("\0") if (found := _FILTER.fullmatch(key))}
        return {
            f"filter.{name}.{key}": value
            for name in sorted(names)
            for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "no"))
        }

    def _start(
        self, arguments: tuple[str, ...], data: bytes = b"", more: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[bytes]:
        settings = self._settings
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            # A partial clone would fetch what it lacks.
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
            # As variables, because a filter's name may hold an equals sign.
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())},
            **more,
        }
        try:
            return subprocess.run(
                (self._program, "--no-pager", *arguments),
                cwd=self.folder,
                env=environment,
                input=data,
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckoutError(
                f"git could not be run ({type(error).__name__}).",
                "Check that git works in this folder.",
            ) from error


def _advice(message: str) -> str:
    """Tell what to do about the three things that people meet."""
    if "not a git repository" in message or "in a work tree" in message:
        return "Go into a git checkout, or edit plain files with `predict-edit edit`."
    if "dubious ownership" in message:
        return "The folder belongs to another user; git's own message says how to trust it."
    return "Check that git works in this folder."


@dataclasses.dataclass(frozen=True, slots=True)
class RawChange:
    """One line of git's raw format (git-diff-index(1), "Raw output format")."""

    old_mode: str
    new_mode: str
    old_sha: str
    new_sha: str
    status: str
    path: str
    previous_path: str | None = None


def read_raw(output: str) -> Iterator[RawChange]:
    """Read git's raw format with NUL between the fields."""
    fields = iter(output.split("\0"))
    for head in fields:
        if not head:
            return
        old_mode, new_mode, old_sha, new_sha, status = head.lstrip(":").split(" ")
        moved = next(fields) if status[0] in "RC" else None
        yield RawChange(old_mode, new_mode, old_sha, new_sha, status[0], next(fields), moved)


def read_blobs(
    git: Git, names: Iterable[str], *, more: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Read blobs in one go (git-cat-file(1), "Batch output")."""
    wanted = [name for name in dict.fromkeys(names) if name.strip("0")]
    if not wanted:
        return {}
    listed = "".join(f"{name}\n" for name in wanted).encode()
    output = git.raw("cat-file", "--batch", data=listed, more=more)
    blobs, at = {}, 0
    for name in wanted:
        end = output.index(b"\n", at)
        header = output[at:end].split()
        if header[-1] == b"missing":
            raise CheckoutError(
                f"git does not have the object {name[:12]} here.",
                "The clone is partial: check out the base once, so that git fetches its files.",
            )
        size = int(header[2])
        blobs[name] = output[end + 1 : end + 1 + size]
        at = end + 2 + size
    return blobs
