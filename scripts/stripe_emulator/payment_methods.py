"""Stripe's test cards and test bank accounts: what each of them does. Numbers are never kept."""

import re
from typing import Literal

from attrs import frozen


@frozen
class Decline:
    """Why a payment did not go through, in Stripe's words."""

    code: str
    message: str
    decline_code: str | None = None


# What becomes of a refund to a card: done at once, done later, or done at once and sent back by the bank later.
RefundCourse = Literal["succeeds", "succeeds_later", "fails_later"]


@frozen(kw_only=True)
class DisputeCase:
    """Why a cardholder disputes a payment. An inquiry only asks; a chargeback takes the money."""

    reason: str
    network_reason_code: str
    inquiry: bool = False


@frozen(kw_only=True)
class Card:
    """A test card without its number: its last digits, its brand, and how it behaves."""

    last4: str
    brand: str
    decline: Decline | None = None
    challenge: bool = False
    dispute: DisputeCase | None = None
    refunds: RefundCourse = "succeeds"
    available_at_once: bool = False


@frozen(kw_only=True)
class Debit:
    """A bank account; its money arrives, or fails to, later."""

    last4: str
    succeeds: bool


def _declined(decline_code: str, message: str = "Your card was declined.") -> Decline:
    return Decline("card_declined", message, decline_code)


_POOR = _declined("insufficient_funds", "Your card has insufficient funds.")
_FAST = "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
_BUSY = "An error occurred while processing your card. Try again in a little bit."
_LIVE = "Your card was declined. Your request was in test mode, but used a non test card."
_LUHN = Decline("incorrect_number", "Your card number is invalid.")
_NOT_A_CARD = Decline("invalid_number", "Your card number is incomplete.")
_NOT_AN_ACCOUNT = Decline("invalid_bank_account", "This is not a test bank account number.")
CHALLENGE_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
DEBIT_FAILED = Decline("payment_intent_payment_attempt_failed", "The bank debit was returned by the customer's bank.")

_DECLINES = {
    "4000000000000002": _declined("generic_decline"),
    "4000000000009995": _POOR,
    "4000000000009987": _declined("lost_card"),
    "4000000000009979": _declined("stolen_card"),
    "4000000000000069": Decline("expired_card", "Your card has expired.", "expired_card"),
    "4000000000000127": Decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc"),
    "4000000000000119": Decline("processing_error", _BUSY, "processing_error"),
    "4000000000006975": _declined("card_velocity_exceeded", _FAST),
    "4000000000000341": _declined("generic_decline"),
    "4100000000000019": _declined("fraudulent"),
    "4000008260003178": _POOR,
}
_CHALLENGES = frozenset({"4000002500003155", "4000002760003184", "4000008260003178"})
_DISPUTES = {
    "4000000000000259": DisputeCase(reason="fraudulent", network_reason_code="10.4"),
    "4000000000002685": DisputeCase(reason="product_not_received", network_reason_code="13.1"),
    "4000000000001976": DisputeCase(reason="fraudulent", network_reason_code="10", inquiry=True),
}
_REFUNDS: dict[str, RefundCourse] = {"4000000000007726": "succeeds_later", "4000000000005126": "fails_later"}
_AVAILABLE_AT_ONCE = "4000000000000077"
_SUCCEED = frozenset(
    {
        "4242424242424242",
        "4000056655665556",
        "5555555555554444",
        "2223003122003222",
        "5200828282828210",
        "378282246310005",
        "6011111111111117",
        "30569309025904",
        "3566002020360505",
        _AVAILABLE_AT_ONCE,
        "4000003720000278",
    }
)
_DEBITS = {"000123456789": True, "000111111116": False}


def read_card(typed: str) -> Card | Decline:
    """The card of that number, spaces allowed; or why the form refuses it."""
    number = re.sub(r"[ -]", "", typed)
    if not re.fullmatch(r"[0-9]{13,19}", number):
        return _NOT_A_CARD
    if not luhn(number):
        return _LUHN
    known = number in _SUCCEED | _CHALLENGES | _DISPUTES.keys() | _REFUNDS.keys()
    decline = _DECLINES.get(number) or (None if known else _declined("test_mode_live_card", _LIVE))
    return Card(
        last4=number[-4:],
        brand=_brand(number),
        decline=decline,
        challenge=number in _CHALLENGES,
        dispute=_DISPUTES.get(number),
        refunds=_REFUNDS.get(number, "succeeds"),
        available_at_once=number == _AVAILABLE_AT_ONCE,
    )


def read_debit(typed: str) -> Debit | Decline:
    """The bank account of that number, or why the form refuses it."""
    number = re.sub(r"[ -]", "", typed)
    if number not in _DEBITS:
        return _NOT_AN_ACCOUNT
    return Debit(last4=number[-4:], succeeds=_DEBITS[number])


def is_debit(typed: str) -> bool:
    """Whether the number is one of the test bank accounts."""
    return re.sub(r"[ -]", "", typed) in _DEBITS


def luhn(number: str) -> bool:
    """The check digit that every card number carries."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _brand(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    if number.startswith("35"):
        return "jcb"
    if number.startswith(("30", "36", "38")):
        return "diners"
    if number.startswith("6"):
        return "discover"
    return "mastercard" if number[0] in "25" else "visa"
