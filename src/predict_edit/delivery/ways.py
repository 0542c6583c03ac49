"""The ways of delivery for a command on a pull request. A new way is a module and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from predict_edit.delivery.commit import CommitDelivery
from predict_edit.delivery.delivered import Destination
from predict_edit.delivery.patch_files import PatchDelivery
from predict_edit.delivery.suggestions import SuggestionDelivery
from predict_edit.domain.ports import Delivery

WAYS: Final[Mapping[str, Callable[[Destination], Delivery]]] = {
    "suggestions": SuggestionDelivery,
    "commit": CommitDelivery,
    "patch": PatchDelivery,
}
