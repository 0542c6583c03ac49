"""The container's entry: without arguments, the action."""

from __future__ import annotations

import sys

if len(sys.argv) > 1:
    from predict_edit.cli import main as cli

    sys.exit(cli.main())

from predict_edit.cli import action
from predict_edit.support import startup as collector

status = action.main()
collector.leave()
sys.exit(status)
