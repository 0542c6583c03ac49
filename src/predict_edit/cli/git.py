"""Git as a source of facts about a checkout, and of nothing else.

Whoever can write into a repository's configuration can make git run programs: hooks, a file system
monitor, filters, external diffs. None of that is needed to read what changed, so all of it is off,
and git may fetch nothing: what it does not have, it says.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
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
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.sparseCheckout": "false",
    "core.quotePath": "false",
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
            raise CheckoutError(f"{folder} is no folder.", "Name the folder of a git checkout.")
        self._program = program
        self.folder = folder
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
        """Do as :meth:`run`, for what is no text."""
        done = self._start(arguments, self._settings, data, more or {})
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[:300]
            raise CheckoutError(
                f"git {arguments[0]} failed: {said or done.returncode}.", _advice(said)
            )
        return done.stdout

    def ask(self, *arguments: str) -> str | None:
        """Run a command that may say no; its one line of answer, or ``None``."""
        done = self._start(arguments, self._settings, b"", {})
        if done.returncode:
            return None
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def _no_filters(self) -> dict[str, str]:
        """Switch off every filter that some configuration defines."""
        asked = ("config", "--null", "--name-only", "--get-regexp", r"^filter\.")
        named = self._start(asked, _SETTINGS, b"", {}).stdout.decode("utf-8", "surrogateescape")
        names = {found[1] for key in named.split("\0") if (found := _FILTER.fullmatch(key))}
        return {
            f"filter.{name}.{key}": value
            for name in sorted(names)
            for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "no"))
        }

    def _start(
        self,
        arguments: tuple[str, ...],
        settings: Mapping[str, str],
        data: bytes,
        more: Mapping[str, str],
    ) -> subprocess.CompletedProcess[bytes]:
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


def _advice(said: str) -> str:
    """Tell what to do about the two things that people meet."""
    if "not a git repository" in said:
        return "Go into a git checkout, or edit plain files with `predict-edit edit`."
    if "dubious ownership" in said:
        return "The folder belongs to somebody else; git's own words say how to trust it."
    return "Check that git works in this folder."
