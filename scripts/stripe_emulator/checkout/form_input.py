"""What a buyer typed: checked as Stripe's form checks it, before any payment is tried."""

import re
from datetime import UTC, datetime

from scripts.stripe_emulator.account import Buyer
from scripts.stripe_emulator.checkout.payments import Result
from scripts.stripe_emulator.errors import Json, StripeError
from scripts.stripe_emulator.payment_methods import Card, Debit, Decline, read_card, read_debit
from scripts.stripe_emulator.validation import check_email

_EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/-]?\s*(\d{2}|\d{4})\s*", re.ASCII)
_CENTURY = 2000
_MONTHS = 12
_LONGEST = 200


def buyer_of(given: Json, session: Json) -> Buyer | Result:
    """The buyer, whose e-mail address is the session's where it has one; or why the form refuses."""
    email = (session["customer_details"] or {}).get("email") or _text(given, "email")
    try:
        check_email(email, "email")
    except StripeError:
        return Result("refused", _refused("invalid_email", "Enter a valid email address."))
    return Buyer(email=email, name=_text(given, "name") or None)


def payment_method_of(given: Json, now: int) -> Card | Debit | Decline:
    """The card or bank account, without its number; or why the form refuses it."""
    number = _text(given, "number")
    if given.get("method") == "debit":
        return read_debit(number)
    card = read_card(number)
    if isinstance(card, Decline):
        return card
    return _expiry_fault(_text(given, "expiry"), now) or _details_fault(given, card) or card


def _expiry_fault(typed: str, now: int) -> Decline | None:
    match = _EXPIRY.fullmatch(typed)
    if not match or not 1 <= int(match[1]) <= _MONTHS:
        return _refused("incomplete_expiry", "Your card's expiration date is incomplete.")
    today = datetime.fromtimestamp(now, UTC)
    if (int(match[2]) % 100 + _CENTURY, int(match[1])) < (today.year, today.month):
        return _refused("invalid_expiry_year_past", "Your card's expiration date is in the past.")
    return None


def _details_fault(given: Json, card: Card) -> Decline | None:
    digits = 4 if card.brand == "amex" else 3
    if not re.fullmatch(rf"[0-9]{{{digits}}}", _text(given, "cvc")):
        return _refused("incomplete_cvc", "Your card's security code is incomplete.")
    if not _text(given, "name"):
        return _refused("incomplete_name", "Enter the name on the card.")
    return None


def _refused(code: str, message: str) -> Decline:
    return Decline(code, message)


def _text(given: Json, name: str) -> str:
    value = given.get(name)
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
