"""From placed files to what stands on the pull request: reviews, a commit, or patches alone.

Nothing is lost on the way: what GitHub does not take moves to the patch with the reason, and is
counted there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from predict_edit.delivery.commit import deliver_commit
from predict_edit.delivery.request import Delivered, Parcel, all_demoted
from predict_edit.delivery.suggestions import deliver_inline
from predict_edit.domain import FileResult

__all__ = ["NOT_INLINE", "Delivered", "Parcel", "deliver"]

NOT_INLINE = "delivered as a patch, as asked"


async def deliver(files: Sequence[FileResult], parcel: Parcel) -> Delivered:
    """Deliver the edits as the settings say.

    Raises:
        CommandChanged: the comment is not what it was when the run began.
        ForgeError: the comment, or what stands there already, could not be read.
    """
    files = tuple(files)
    saving = asyncio.create_task(_save(parcel))
    try:
        match parcel.settings.deliver:
            case "patch":
                return Delivered(files=all_demoted(files, NOT_INLINE))
            case "commit":
                await saving
                return await deliver_commit(files, parcel)
        return await deliver_inline(files, parcel, saving)
    finally:
        # It must not overtake what is said next.
        await asyncio.wait([saving])


async def _save(parcel: Parcel) -> None:
    if parcel.save is not None:
        await parcel.save()
