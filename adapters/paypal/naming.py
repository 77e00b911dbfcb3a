"""Which capture a refund or dispute of PayPal's is about, by its id."""

from __future__ import annotations

import re

from adapters.paypal.api import PayPalApi, PayPalRefusedError, path_of
from adapters.paypal.events import capture_above
from adapters.paypal.payments import REFUNDS, disputed_capture
from adapters.paypal.records import DISPUTES

_DISPUTE = re.compile(r"PP-[A-Z0-9-]{1,60}")
_REFUND = re.compile(r"[A-Z0-9]{8,32}")


def capture_named_by(api: PayPalApi, name: str) -> str | None:
    """The id of the capture that the refund or dispute of this id is about; None if it can be neither, or PayPal does
    not know it. Raises what ``PayPalApi.get`` raises.
    """
    try:
        if _DISPUTE.fullmatch(name):
            return disputed_capture(api.get(f"{DISPUTES}{path_of(name)}"))
        if _REFUND.fullmatch(name):
            return capture_above(api.get(f"{REFUNDS}{path_of(name)}"))
    except PayPalRefusedError as refused:
        if not refused.is_unknown:
            raise
    return None
