"""The host as the rest of the project sees it."""

from __future__ import annotations

import subprocess
import sys

from predict_edit.domain.ports import GitHost
from predict_edit.github.host import GitHubHost


def test_it_fits_the_port(forge: GitHubHost) -> None:
    """Every method of the port exists, with the same parameters."""
    port: GitHost = forge
    for name in vars(GitHost):
        if not name.startswith("_"):
            assert callable(getattr(port, name))


def test_importing_the_package_loads_no_pygithub() -> None:
    """An ignored event does not pay for libraries it doesn't use."""
    code = (
        "import sys, predict_edit.github, predict_edit.github.actions_runner;"
        "sys.exit('github' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
