"""GitHub's repository roles."""

from __future__ import annotations

import enum


class Role(enum.IntEnum):
    """What a person may do in a repository, least first; ``NONE`` is a stranger."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5
