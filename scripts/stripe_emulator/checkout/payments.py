"""The buyer's side: confirming a session with a card or a bank debit, 3-D Secure, declines, late settlement."""

from typing import Literal

from attrs import frozen

from scripts.stripe_emulator.account import Account, Buyer, Checkout
from scripts.stripe_emulator.balance.disputes import open_dispute
from scripts.stripe_emulator.balance.transactions import record_charge
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import token
from scripts.stripe_emulator.objects import charge as charges
from scripts.stripe_emulator.objects.checkout_session import customer_details
from scripts.stripe_emulator.objects.customer import customer as customer_object
from scripts.stripe_emulator.objects.payment_intent import payment_error, payment_intent
from scripts.stripe_emulator.payment_methods import CHALLENGE_FAILED, DEBIT_FAILED, Card, Debit, Decline
from scripts.stripe_emulator.webhooks.events import emit

Outcome = Literal["succeeded", "declined", "requires_action", "processing", "not_open", "refused"]
ChallengeAnswer = Literal["complete", "fail"]
_NO_NUMBER = Decline("incomplete_number", "Enter a card number.")
_NO_DEBIT = Decline("payment_method_unavailable", "Bank debits are not offered here.")


@frozen
class Result:
    """What came of a payment: the outcome, and the decline where there was one."""

    outcome: Outcome
    decline: Decline | None = None

    def as_json(self, checkout: Checkout) -> Json:
        """As JSON for the form and for scripts."""
        state = {name: checkout.body[name] for name in ("status", "payment_status")}
        why = self.decline
        reason = {"code": why.code, "decline_code": why.decline_code, "message": why.message} if why else {}
        return state | {"outcome": self.outcome} | reason


def pay(
    account: Account,
    checkout: Checkout,
    method: Card | Debit | Decline | None,
    buyer: Buyer,
    challenge: ChallengeAnswer | None = None,
) -> Result:
    """Confirm with this payment method (None: nothing is due). A challenge may be answered at the same time."""
    if checkout.body["status"] != "open":
        return Result("not_open")
    checkout.buyer = buyer
    if checkout.body["amount_total"] == 0:
        return _complete_free(account, checkout)
    if isinstance(method, Card):
        return _confirm_card(account, checkout, method, challenge)
    if isinstance(method, Debit) and _takes_debits(checkout):
        return _start_debit(account, checkout, method)
    return Result("refused", method if isinstance(method, Decline) else _NO_NUMBER if method is None else _NO_DEBIT)


def answer_challenge(account: Account, checkout: Checkout, answer: ChallengeAnswer) -> Result:
    """The buyer passed the bank's 3-D Secure check, or did not."""
    card = checkout.challenged
    if checkout.body["status"] != "open" or card is None:
        return Result("not_open")
    intent = account.intents[checkout.body["payment_intent"]]
    checkout.challenged = None
    intent["next_action"] = None
    if answer == "complete":
        return _charge(account, checkout, intent, card)
    _decline_intent(account, checkout, intent, CHALLENGE_FAILED, None)
    return Result("declined", CHALLENGE_FAILED)


def settle(account: Account, checkout: Checkout, *, succeeds: bool | None = None) -> Result:
    """The bank debit's money arrived, or it bounced. None: as its account number says."""
    debit = checkout.debit
    if debit is None or checkout.body["payment_status"] != "unpaid":
        return Result("not_open")
    checkout.debit = checkout.settles_at = None
    intent = account.intents[checkout.body["payment_intent"]]
    charge = account.charges[intent["latest_charge"]]
    if debit.succeeds if succeeds is None else succeeds:
        charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
        _receive(account, charge)
        _emit(account, checkout, "charge.succeeded", charge)
        _succeed_intent(account, checkout, intent, charge)
        checkout.body["payment_status"] = "paid"
        _emit(account, checkout, "checkout.session.async_payment_succeeded", checkout.body)
        return Result("succeeded")
    charges.fail_charge(charge, DEBIT_FAILED)
    _emit(account, checkout, "charge.failed", charge)
    _decline_intent(account, checkout, intent, DEBIT_FAILED, charge["id"])
    _emit(account, checkout, "checkout.session.async_payment_failed", checkout.body)
    return Result("declined", DEBIT_FAILED)


def _intent(account: Account, checkout: Checkout) -> Json:
    """The session's PaymentIntent: made at the first confirmation, the same one for every later try."""
    known = checkout.body["payment_intent"]
    if known:
        return account.intents[known]
    intent = payment_intent(checkout, account.now())
    account.intents[intent["id"]] = intent
    checkout.body["payment_intent"] = intent["id"]
    _emit(account, checkout, "payment_intent.created", intent)
    return intent


def _confirm_card(account: Account, checkout: Checkout, card: Card, answer: ChallengeAnswer | None) -> Result:
    intent = _intent(account, checkout)
    if not card.challenge:
        checkout.challenged = intent["next_action"] = None
        return _charge(account, checkout, intent, card)
    checkout.challenged = card
    intent |= {
        "status": "requires_action",
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
    }
    _emit(account, checkout, "payment_intent.requires_action", intent)
    return answer_challenge(account, checkout, answer) if answer else Result("requires_action")


def _charge(account: Account, checkout: Checkout, intent: Json, card: Card) -> Result:
    buyer = _buyer(checkout)
    charge = charges.charge(intent, card, buyer, "succeeded", account.now())
    account.charges[charge["id"]] = charge
    account.paid_with[charge["id"]] = card
    intent["latest_charge"] = charge["id"]
    if card.decline:
        charges.fail_charge(charge, card.decline)
        _emit(account, checkout, "charge.failed", charge)
        _decline_intent(account, checkout, intent, card.decline, charge["id"])
        return Result("declined", card.decline)
    _adopt_customer(account, checkout, intent, charge)
    _receive(account, charge)
    _emit(account, checkout, "charge.succeeded", charge)
    if card.dispute:
        open_dispute(account, charge, card.dispute)
    _succeed_intent(account, checkout, intent, charge)
    _complete(account, checkout, "paid")
    return Result("succeeded")


def _start_debit(account: Account, checkout: Checkout, debit: Debit) -> Result:
    intent = _intent(account, checkout)
    checkout.challenged = intent["next_action"] = None
    charge = charges.charge(intent, debit, _buyer(checkout), "pending", account.now())
    account.charges[charge["id"]] = charge
    account.paid_with[charge["id"]] = debit
    _adopt_customer(account, checkout, intent, charge)
    intent |= {
        "status": "processing",
        "latest_charge": charge["id"],
        "payment_method": charge["payment_method"],
        "last_payment_error": None,
    }
    checkout.debit = debit
    checkout.settles_at = None if account.settle_after is None else account.now() + int(account.settle_after)
    _emit(account, checkout, "payment_intent.processing", intent)
    _emit(account, checkout, "charge.pending", charge)
    _complete(account, checkout, "unpaid")
    return Result("processing")


def _receive(account: Account, charge: Json) -> None:
    """The money of a charge arrives, and there is a receipt of it."""
    record_charge(account, charge)
    path = f"/receipts/{token(32)}"
    account.receipts[path] = charge["id"]
    charge["receipt_url"] = account.url() + path


def _complete_free(account: Account, checkout: Checkout) -> Result:
    """Nothing to pay: no PaymentIntent, no charge, and always a customer."""
    if checkout.body["customer"] is None:
        _make_customer(account, checkout)
    _complete(account, checkout, "no_payment_required")
    return Result("succeeded")


def _complete(account: Account, checkout: Checkout, payment_status: str) -> None:
    buyer = _buyer(checkout)
    known = checkout.body["customer_details"] or {}
    address = {"city": None, "country": "US", "line1": None, "line2": None, "postal_code": None, "state": None}
    checkout.body |= {
        "status": "complete",
        "payment_status": payment_status,
        "client_secret": None,
        "url": None,
        "customer_details": customer_details(known.get("email") or buyer.email, buyer.name, address),
    }
    coupon = account.coupons.get(checkout.coupon or "")
    if coupon:
        coupon["times_redeemed"] += 1
    _emit(account, checkout, "checkout.session.completed", checkout.body)


def _adopt_customer(account: Account, checkout: Checkout, intent: Json, charge: Json) -> None:
    if checkout.body["customer_creation"] == "always" and checkout.body["customer"] is None:
        _make_customer(account, checkout)
    intent["customer"] = charge["customer"] = checkout.body["customer"]


def _make_customer(account: Account, checkout: Checkout) -> None:
    buyer = _buyer(checkout)
    known = checkout.body["customer_details"] or {}
    customer = customer_object({"email": known.get("email") or buyer.email, "name": buyer.name}, account.now())
    account.customers[customer["id"]] = customer
    checkout.body["customer"] = customer["id"]
    _emit(account, checkout, "customer.created", customer)


def _succeed_intent(account: Account, checkout: Checkout, intent: Json, charge: Json) -> None:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "payment_method": charge["payment_method"],
    }
    _emit(account, checkout, "payment_intent.succeeded", intent)


def _decline_intent(account: Account, checkout: Checkout, intent: Json, why: Decline, charge_id: str | None) -> None:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": payment_error(why, charge_id),
    }
    _emit(account, checkout, "payment_intent.payment_failed", intent)


def _takes_debits(checkout: Checkout) -> bool:
    return charges.debit_type(checkout.body["currency"]) in checkout.body["payment_method_types"]


def _buyer(checkout: Checkout) -> Buyer:
    return checkout.buyer or Buyer("buyer@example.com")


def _emit(account: Account, checkout: Checkout, kind: str, subject: Json) -> None:
    emit(account, kind, subject, None, checkout.event_overrides)
