"""Give up root inside the container, once everything that needs it is done.

GitHub's runner starts Docker actions as root and mounts the Docker socket into them. After this a
process that was talked into something reaches neither the socket nor the environment that other
processes of the container were started with.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from predict_edit.log import log

NOBODY = 65534
_RUNNER_SECRETS = ("ACTIONS_", "INPUT_")
_KEPT = frozenset({"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"})


def forget_secrets(environ: MutableMapping[str, str]) -> None:
    """Drop the runner's tokens and the inputs from the environment that children would inherit.

    The two variables of the identity token stay until the sign-in has read its own copy.
    """
    for name in list(environ):
        if name.startswith(_RUNNER_SECRETS) and name not in _KEPT:
            del environ[name]


def prepare_folder(folder: Path) -> None:
    """Make the output folder, writable for whoever this process is about to become."""
    folder.mkdir(parents=True, exist_ok=True)
    if _is_root():
        os.chown(folder, NOBODY, NOBODY)
        folder.chmod(0o777)


def drop_root(environ: MutableMapping[str, str]) -> bool:
    """Become nobody, for good; ``False`` where the process is not root or not in a container.

    Raises:
        OSError: the rights could not be dropped; nothing must go on then.
    """
    if not _is_root() or environ.get("PREDICT_EDIT_IN_CONTAINER") != "1":
        return False
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    try:
        os.setuid(0)
    except PermissionError:
        log.debug("root rights dropped")
        return True
    raise PermissionError("root rights came back after they were dropped")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
