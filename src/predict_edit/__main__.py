"""The container's entry: without arguments, the action."""

from __future__ import annotations

import sys

if len(sys.argv) > 1:
    from predict_edit.cli import main
else:
    from predict_edit.action import main

sys.exit(main())
