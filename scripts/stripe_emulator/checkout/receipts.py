"""The receipt pages that `receipt_url` of a charge leads to."""

import html

from attrs import define
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.currencies import in_words
from scripts.stripe_emulator.errors import Json

_VALID = 30 * 86400
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@define
class Receipts:
    """A receipt shows a charge as it is now, with its refunds, for 30 days."""

    account: Account
    business_name: str

    def handle(self, request: Request) -> Response | None:
        """The page, or None when the path is no receipt's."""
        with self.account.lock:
            charge_id = self.account.receipts.get(request.path)
            if charge_id is None or request.method not in ("GET", "HEAD"):
                return None
            lines = self._lines(self.account.charges[charge_id])
        title = html.escape(f"Receipt from {self.business_name}")
        shown = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        page = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>{shown}</html>'
        return Response(page, content_type="text/html; charset=utf-8", headers=_HEADERS)

    def _lines(self, charge: Json) -> list[str]:
        if self.account.now() - charge["created"] > _VALID:
            return ["This link has expired. Enter the e-mail address of the purchase to get a new one."]
        lines = [f"Amount paid: {in_words(charge['amount'], charge['currency'])}"]
        if charge["amount_refunded"]:
            lines.append(f"Refunded: {in_words(charge['amount_refunded'], charge['currency'])}")
        return lines
