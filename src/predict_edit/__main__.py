"""The container's entry: without arguments, the action."""

from __future__ import annotations

import sys

if len(sys.argv) > 1:
    from predict_edit import cli

    sys.exit(cli.main())

from predict_edit import action, collector

status = action.main()
collector.leave()
sys.exit(status)
