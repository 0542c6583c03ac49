"""Let tests import the benchmarks, which are not part of the package or a source archive."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = (ROOT / "benchmarks").is_dir()

collect_ignore = [] if HERE else ["test_moved.py", "test_pages.py", "test_suggest_scenes.py"]
if HERE and str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
