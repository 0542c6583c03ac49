"""The forge as the rest of the project sees it."""

from __future__ import annotations

import subprocess
import sys

from predict_edit.domain.ports import Forge, RepositoryForge
from predict_edit.github.forge import GitHubForge


def test_it_is_a_forge(forge: GitHubForge) -> None:
    """Every method of the seam is there, with the same parameters."""
    seam: Forge = forge
    wide: RepositoryForge = forge
    assert wide is seam
    for name in {**vars(Forge), **vars(RepositoryForge)}:
        if not name.startswith("_"):
            assert callable(getattr(seam, name))


def test_importing_the_package_loads_no_pygithub() -> None:
    """An ignored event does not pay for libraries it doesn't use."""
    code = (
        "import sys, predict_edit.github, predict_edit.github.runner;"
        "sys.exit('github' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
