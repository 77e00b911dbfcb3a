"""Disputes: inquiries and chargebacks, their evidence, how they end, and what money they move."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.balance.transactions import DISPUTE_FEE, record_reinstatement, record_withdrawal
from scripts.stripe_emulator.errors import Json, invalid
from scripts.stripe_emulator.http.routing import Call
from scripts.stripe_emulator.objects.dispute import dispute as dispute_object
from scripts.stripe_emulator.payment_methods import DisputeCase
from scripts.stripe_emulator.webhooks.events import emit

_INQUIRY = ("warning_needs_response", "warning_under_review")
_OPEN = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
_AFTER_EVIDENCE = {
    "warning_needs_response": "warning_under_review",
    "needs_response": "under_review",
    "appeal_needs_response": "appeal_under_review",
}
OUTCOMES = ("won", "lost", "warning_closed")


def open_dispute(account: Account, charge: Json, case: DisputeCase, amount: int | None = None) -> Json:
    """The cardholder disputes `amount` of a charge, or what is not refunded of it. A chargeback takes it at once.

    Raises StripeError when the charge has no such amount.
    """
    left = charge["amount_captured"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    if not 0 < wanted <= charge["amount_captured"]:
        raise invalid(f"Charge {charge['id']} has no such amount to dispute.", "amount")
    body = dispute_object(charge, wanted, case, account.now())
    account.disputes[body["id"]] = body
    charge["disputed"] = True
    details = body["evidence_details"]
    waiting = details["due_by"] - account.now()
    account.schedule(waiting, lambda: details.update(past_due=not details["submission_count"]))
    if not case.inquiry:
        record_withdrawal(account, charge, body, DISPUTE_FEE)
    emit(account, "charge.dispute.created", body)
    if not case.inquiry:
        emit(account, "charge.dispute.funds_withdrawn", body)
    return body


def blocks_refunds(dispute: Json) -> bool:
    """Whether the charge cannot be refunded: a chargeback is open or lost."""
    return dispute["status"] in (*_OPEN, "lost")


def add_evidence(account: Account, dispute: Json, evidence: Json, *, submit: bool, call: Call | None) -> None:
    """Keep evidence, and hand it to the bank if `submit`. Then Stripe's test words in `uncategorized_text` decide.

    Raises StripeError when the bank waits for none.
    """
    if dispute["status"] not in _AFTER_EVIDENCE:
        raise invalid(f"Dispute {dispute['id']} does not accept evidence: its status is {dispute['status']}.")
    details = dispute["evidence_details"]
    previous = {"evidence": {name: dispute["evidence"][name] for name in evidence}, "status": dispute["status"]}
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    details["has_evidence"] = any(value for value in dispute["evidence"].values())
    if not submit:
        emit(account, "charge.dispute.updated", dispute, call, previous={"evidence": previous["evidence"]})
        return
    details["submission_count"] += 1
    dispute["status"] = _AFTER_EVIDENCE[dispute["status"]]
    emit(account, "charge.dispute.updated", dispute, call, previous=previous)
    _obey(account, dispute, dispute["evidence"]["uncategorized_text"])


def decide(account: Account, dispute: Json, outcome: str) -> None:
    """The bank decides: `won` or `lost`; an inquiry is `warning_closed`. Raises StripeError when it cannot."""
    if dispute["status"] not in (_INQUIRY if outcome == "warning_closed" else _OPEN):
        raise invalid(f"Dispute {dispute['id']} cannot become {outcome}: its status is {dispute['status']}.")
    previous = {"status": dispute["status"]}
    reinstated = _end(account, dispute, outcome)
    emit(account, "charge.dispute.updated", dispute, previous=previous)
    _report_end(account, dispute, reinstated=reinstated)


def escalate(account: Account, dispute: Json) -> None:
    """The bank turns an inquiry into a chargeback and takes the money. Raises StripeError for anything else."""
    if dispute["status"] not in _INQUIRY:
        raise invalid(f"Dispute {dispute['id']} is no open inquiry: its status is {dispute['status']}.")
    previous = {"status": dispute["status"]}
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    if "card" in dispute["payment_method_details"]:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    record_withdrawal(account, account.charges[dispute["charge"]], dispute, DISPUTE_FEE)
    emit(account, "charge.dispute.updated", dispute, previous=previous)
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def appeal(account: Account, dispute: Json) -> None:
    """Whoever lost appeals: the merchant's appeal is under review; the cardholder's takes the money once more.

    Raises StripeError when the dispute is not decided.
    """
    if dispute["status"] not in ("won", "lost"):
        raise invalid(f"Dispute {dispute['id']} is not decided: its status is {dispute['status']}.")
    previous = {"status": dispute["status"]}
    cardholder = dispute["status"] == "won"
    dispute |= {
        "status": "appeal_needs_response" if cardholder else "appeal_under_review",
        "is_charge_refundable": False,
    }
    if cardholder:
        record_withdrawal(account, account.charges[dispute["charge"]], dispute, 0)
    emit(account, "charge.dispute.updated", dispute, previous=previous)
    if cardholder:
        emit(account, "charge.dispute.funds_withdrawn", dispute)


def close(account: Account, dispute: Json, call: Call | None) -> None:
    """The merchant gives up: lost at once, for good; an inquiry is closed. Raises StripeError when it is over."""
    if dispute["status"] not in (*_INQUIRY, *_OPEN):
        raise invalid(f"Dispute {dispute['id']} is closed already: its status is {dispute['status']}.")
    dispute["status"] = "warning_closed" if dispute["status"] in _INQUIRY else "lost"
    emit(account, "charge.dispute.closed", dispute, call)
    emit(account, "charge.updated", account.charges[dispute["charge"]], call)


def _obey(account: Account, dispute: Json, text: str | None) -> None:
    """Stripe's test evidence decides a dispute without a bank."""
    inquiry = dispute["status"] in _INQUIRY
    if text == "escalate_inquiry_evidence" and inquiry:
        escalate(account, dispute)
    elif text == "losing_evidence" or (text == "winning_evidence" and inquiry):
        _report_end(account, dispute, reinstated=_end(account, dispute, "warning_closed" if inquiry else "lost"))
    elif text == "winning_evidence":
        _report_end(account, dispute, reinstated=_end(account, dispute, "won"))


def _end(account: Account, dispute: Json, outcome: str) -> bool:
    """Set the outcome; a won dispute gives back what it took. Whether money came back."""
    dispute |= {"status": outcome, "is_charge_refundable": outcome != "lost"}
    if outcome != "won":
        return False
    record_reinstatement(account, account.charges[dispute["charge"]], dispute)
    return True


def _report_end(account: Account, dispute: Json, *, reinstated: bool) -> None:
    emit(account, "charge.updated", account.charges[dispute["charge"]])
    if reinstated:
        emit(account, "charge.dispute.funds_reinstated", dispute)
    emit(account, "charge.dispute.closed", dispute)
