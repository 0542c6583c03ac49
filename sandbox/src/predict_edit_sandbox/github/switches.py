"""Where GitHub's behaviour is unknown, changing or configurable: one switch each.

Clients are right only when they survive either position of a switch.
"""

from __future__ import annotations

import dataclasses
from typing import Literal


@dataclasses.dataclass(slots=True, kw_only=True)
class Switches:
    """How the stand-in behaves; set before or while it serves."""

    old_wording: bool = False
    """Refuse lines in the words of 2022 to 2025 instead of those of 2026."""
    stale_lines_refused: bool = True
    """Refuse a line that an older ``commit_id`` has in its diff but today's head has not."""
    file_subject_in_reviews: bool = False
    """Accept ``subject_type`` inside a review's ``comments[]``, which is not documented."""
    comments_on_withheld_patches: bool = True
    """Accept comments on files whose ``patch`` the files list leaves out for size."""
    orphan_review_after_refusal: bool = False
    """Keep an empty review behind after refusing its comments, as was once reported."""
    strip_byte_order_mark: bool = False
    """Leave the byte-order mark out of GraphQL's ``Blob.text``."""
    text_limit: int = 512_000
    """Bytes after which GraphQL cuts ``Blob.text``."""
    contents_limit: int = 1_000_000
    """Bytes up to which the contents endpoint puts the file into its JSON."""
    patch_line_limit: int = 20_000
    """Lines of one file's patch above which the files list leaves it out."""
    withheld_patches: frozenset[str] = frozenset()
    """Paths whose patch is left out although it is ordinary text, as was reported."""
    cut_patches: dict[str, int] = dataclasses.field(default_factory=dict)
    """Paths whose patch is cut after so many lines, as was reported."""
    files_limit: int = 3_000
    """Files that the files list holds at most."""
    diff_files_limit: int = 300
    """Files above which the ``.diff`` media type is refused."""
    diff_lines_limit: int = 20_000
    """Lines above which the ``.diff`` media type is refused."""
    tree_limit: int = 100_000
    """Entries above which a recursive tree is truncated."""
    comments_per_review: int | None = None
    """Comments above which a review ``was submitted too quickly``."""
    content_creations: int | None = None
    """Content-creating requests a minute above which the secondary limit answers."""
    requests_per_hour: int = 1_000
    """The primary limit of an Actions token."""
    actions_may_open_pull_requests: bool = False
    """The setting "Allow GitHub Actions to create and approve pull requests"."""
    code_scanning: bool = True
    """Whether code scanning is switched on in the repositories' settings."""
    commits_keep_modes: bool = False
    """Whether ``createCommitOnBranch`` keeps the mode of an executable file; it is said not to."""
    applied_line_ends: Literal["feed", "as-file"] = "feed"
    """Line ends of a committed suggestion: a bare line feed, or as the file has them."""
    latency: float = 0.0
    """Seconds every request waits before it is looked at."""
