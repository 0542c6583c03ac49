"""Give up root inside the container, once everything that needs it is done.

GitHub's runner starts Docker actions as root and mounts the Docker socket into them. After this a
process that was talked into something reaches neither the socket nor the environment that other
processes of the container were started with.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from predict_edit.delivery.output_files import make_folder
from predict_edit.support.log import log

NOBODY = 65534
_RUNNER_SECRETS = ("ACTIONS_", "INPUT_")
_CREDENTIALS = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")
_SIGN_IN = ("AZURE_", "IDENTITY_", "MSI_")
"""What ``DefaultAzureCredential`` looks for in the environment of the machine."""


def forget_secrets(environ: MutableMapping[str, str]) -> None:
    """Drop the runner's tokens, the inputs and other credentials, which children would inherit.

    A caller that needs one of them keeps a copy before. The credentials of Azure stay, because
    its library reads them when it signs in.
    """
    for name in list(environ):
        azures = name.upper().startswith(_SIGN_IN)
        if name.startswith(_RUNNER_SECRETS) or (holds_secret(name) and not azures):
            del environ[name]


def holds_secret(name: str) -> bool:
    """Tell from a variable's name whether its value is a secret."""
    upper = name.upper().replace("-", "_")
    return upper.endswith(_CREDENTIALS)


def prepare_folder(folder: Path) -> None:
    """Make the output folder, writable for the user that this process becomes.

    Raises:
        EventError: there is something else in its place.
    """
    make_folder(folder)
    if _is_root():
        os.chown(folder, NOBODY, NOBODY, follow_symlinks=False)
        folder.chmod(0o777)


def drop_root(environ: MutableMapping[str, str]) -> bool:
    """Become nobody, for good; ``False`` if the process is not root or not in a container.

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
