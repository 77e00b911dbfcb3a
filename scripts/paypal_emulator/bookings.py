"""The transactions of the account, as PayPal's reports list them: some hours late, to keys that may see them."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, field

from scripts.paypal_emulator.orders import RefusedError

Json = dict[str, Any]

LONGEST_LIST = timedelta(days=31)
FEE_SHARE, FEE_FIXED = Decimal("0.0299"), Decimal("0.49")
NO_DECIMALS = {"HUF", "JPY", "TWD"}
INQUIRY = "INQUIRY"


@define(eq=False)
class Bookings:
    """``transactions`` are listed ``lists_after`` they happened, to keys that ``may_list`` them.

    A list of more than ``longest`` is refused.
    """

    transactions: list[Json] = field(factory=list)
    lists_after: timedelta = timedelta()
    may_list: bool = True
    longest: int = 10_000

    def listed(self, begin: str, end: str, now: datetime, *, all_records: bool) -> list[Json]:
        """The transactions of this time that are listed by now."""
        if not self.may_list:
            raise RefusedError(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")
        known = iso(now - self.lists_after)
        if begin > known:
            raise RefusedError(400, "INVALID_REQUEST", "Data for the given start date is not available.")
        if datetime.fromisoformat(end) - datetime.fromisoformat(begin) > LONGEST_LIST:
            raise RefusedError(400, "INVALID_REQUEST", "Date range is greater than 31 days")
        found = [one for one in self.transactions if begin <= one["transaction_initiation_date"] <= min(end, known)]
        shown = [deepcopy(one) for one in found if all_records or one["transaction_status"] != "P"]
        if len(shown) > self.longest:
            raise RefusedError(400, "INVALID_REQUEST", "RESULTSET_TOO_LARGE")
        return shown

    def receive(self, capture: Json, at: datetime) -> Json:
        """The money of a capture arrives, less PayPal's fee; the capture's breakdown."""
        gross, currency = Decimal(capture["amount"]["value"]), capture["amount"]["currency_code"]
        unit = Decimal(1) if currency in NO_DECIMALS else Decimal("0.01")
        fee = (gross * FEE_SHARE).quantize(unit) + FEE_FIXED.quantize(unit)
        self.book("T0006", (gross, currency), at, fee=-fee, named=capture)
        return {
            "gross_amount": _amount(gross, currency),
            "paypal_fee": _amount(fee, currency),
            "net_amount": _amount(gross - fee, currency),
        }

    def book(
        self,
        code: str,
        amount: tuple[Decimal, str],
        at: datetime,
        *,
        named: Json,
        fee: Decimal | None = None,
        about: str | None = None,
    ) -> None:
        """A transaction by the id, status and text of what is named; ``about`` is the transaction that it refers to."""
        booked = {
            "transaction_id": named["id"],
            "transaction_event_code": code,
            "transaction_initiation_date": iso(at),
            "transaction_updated_date": iso(at),
            "transaction_amount": _amount(*amount),
            "transaction_status": "P" if named.get("status") == "PENDING" else "S",
            "custom_field": named.get("custom_id", ""),
        }
        if fee is not None:
            booked["fee_amount"] = _amount(fee, amount[1])
        if about is not None:
            booked |= {"paypal_reference_id": about, "paypal_reference_id_type": "TXN"}
        self.transactions.append(booked)

    def settle(self, transaction_id: str, *, succeeds: bool) -> None:
        """What was pending is carried out, or not."""
        for one in self.transactions:
            if one["transaction_id"] == transaction_id and one["transaction_status"] == "P":
                one["transaction_status"] = "S" if succeeds else "D"


def withholds(dispute: Json) -> bool:
    """Whether the dispute holds money that is not decided about."""
    return bool(dispute["status"] != "RESOLVED" and dispute["dispute_life_cycle_stage"] != INQUIRY)


def iso(at: datetime) -> str:
    """A time as PayPal writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _amount(value: Decimal, currency: str) -> Json:
    return {"currency_code": currency, "value": str(value)}
