"""Starts one program and writes down what it used: ``meter.py REPORT PROGRAM ARGUMENT…``.

A process of its own, because Linux counts the memory of whoever starts a program as that
program's: the program's most memory would never be less than that of a benchmark full of fixtures.
"""

from __future__ import annotations

import json
import os
import sys
import time

REPORT, *COMMAND = sys.argv[1:]
KIBIBYTE = 1 if sys.platform == "darwin" else 1024

started = time.monotonic()
pid = os.posix_spawn(COMMAND[0], COMMAND, os.environ)
_, status, usage = os.wait4(pid, 0)
ended = time.monotonic()
with open(REPORT, "w", encoding="utf-8") as report:  # noqa: PTH123 - starts without pathlib
    json.dump(
        {
            "started": started,
            "seconds": ended - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * KIBIBYTE,
        },
        report,
    )
sys.exit(os.waitstatus_to_exitcode(status))
