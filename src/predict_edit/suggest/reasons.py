"""Why a hunk is in the patch and not a suggestion: short enough for the cell of a table.

The rules behind them are GitHub's, as far as they are documented or were observed in its refusals.
"""

from __future__ import annotations

from typing import Final

OUTSIDE: Final = "outside the lines that the pull request's diff shows"
TWO_HUNKS: Final = "reaches over two separate parts of the pull request's diff"
DELETED_LINES: Final = "lines that the pull request deletes lie in between"
LINE_TAKEN: Final = "the only line to put it on already has a suggestion"
EMPTY_FILE: Final = "the file is empty, so there is no line to put it on"
EMPTIED: Final = "the edit leaves the file empty"
FINAL_NEWLINE: Final = "a suggestion cannot remove the line end at the end of the file"
NO_CHANGE: Final = "GitHub would see no change in it"
CRLF_FILE: Final = "the file has CRLF line ends, which a suggestion might not keep"
CARRIAGE_RETURN: Final = "a suggestion cannot hold carriage returns"
NUL: Final = "a suggestion cannot hold NUL characters"
BYTE_ORDER_MARK: Final = "a suggestion might not keep the file's byte-order mark"
TOO_LONG: Final = "too long for a review comment"

NO_PULL_REQUEST: Final = "there is no pull request diff to put it on"
FILE_REMOVED: Final = "the pull request removes the file"
PATCH_MISSING: Final = "GitHub sent no diff for the file"
PATCH_UNREADABLE: Final = "GitHub's diff for the file is cut off or cannot be read"
PATCH_INCOMPLETE: Final = "GitHub's diff for the file has fewer or more lines than GitHub counts"
PATCH_MISMATCH: Final = "GitHub's diff for the file does not fit the file"
LOCAL_MISMATCH: Final = "GitHub sent no usable diff, and one made here differs from its counts"

REPLAY: Final = "replay: applied, it would not give exactly the edited text"
OVER_LIMIT: Final = "more suggestions than max-suggestions allows"
HEAD_MOVED: Final = "head moved: the pull request changed while the run worked"
REFUSED: Final = "GitHub refused the suggestion"
