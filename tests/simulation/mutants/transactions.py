"""Wrong changes to what is written together."""

from __future__ import annotations

from tests.simulation.mutant import SESSION_WRITES, SETTLEMENT, TRANSACTIONS, Edit, Mutant, mutant

_COMMIT = "                    self.unit_of_work.commit(decision.writes)\n"
_MARKER = """                    marks = [write for write in decision.writes if type(write).__name__ == "RecordEvent"]
                    if marks:
                        self.unit_of_work.commit(tuple(marks))
                    self.unit_of_work.commit(tuple(write for write in decision.writes if write not in marks))
"""

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Split the transaction: each write on its own",
        SETTLEMENT,
        _COMMIT,
        "                    for write in decision.writes:\n"
        "                        self.unit_of_work.commit((write,))\n",
    ),
    Mutant(
        "Marker before effect: record the event first, and let the record be the gate",
        (
            Edit(SETTLEMENT, _COMMIT, _MARKER),
            Edit(
                SESSION_WRITES,
                "    return partial(store.events.__setitem__",
                "    if (write.provider, write.event_id) in store.events:\n        return CheckoutReplaced()\n"
                "    return partial(store.events.__setitem__",
            ),
        ),
    ),
    mutant(
        "Reserve without looking whether the student is enrolled",
        TRANSACTIONS,
        "        RequireNotEnrolled(session.user_id, session.course_id),\n",
        "",
    ),
    mutant("Reserve without the checkout lock", TRANSACTIONS, "        AcquireCheckoutLock(session, replaces),\n", ""),
    mutant(
        "Take a coupon without counting it",
        TRANSACTIONS,
        "        *(() if limit is None else (ReserveCoupon(held, limit, session.created_at),)),\n",
        "",
    ),
    mutant(
        "Count a coupon without noting the student's use",
        TRANSACTIONS,
        "        HoldCouponUse(session, held, redeemed),\n",
        "",
    ),
    mutant(
        "Attach without a condition on the status",
        TRANSACTIONS,
        "(ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened), AddProviderReference(opened))",
        "(ChangeSession(frozenset(Status), opened), AddProviderReference(opened))",
        test="tests/use_cases/student/test_enroll_provider_faults.py::test_fault_49_webhook_faster_than_attach",
    ),
    mutant(
        "Complete without enrolling",
        TRANSACTIONS,
        "        ChangeSession(LIVE, paid),\n        AddEnrollment(paid.enrollment(ended)),\n",
        "        ChangeSession(LIVE, paid),\n",
    ),
    mutant(
        "Forget the checkout lock when completing",
        TRANSACTIONS,
        "        ReleaseCheckoutLock(paid),\n",
        "",
    ),
    mutant(
        "Forget to redeem the coupon use when completing",
        TRANSACTIONS,
        "        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),\n",
        "",
    ),
    mutant(
        "Return the coupon although it was redeemed",
        TRANSACTIONS,
        "        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),\n",
        "        *((RedeemCouponUse(paid, paid.coupon), ReleaseCoupon(paid.coupon)) if paid.coupon else ()),\n",
    ),
    mutant(
        "Forget the checkout lock when releasing",
        TRANSACTIONS,
        "        ReleaseCheckoutLock(over),\n",
        "",
    ),
    mutant(
        "Forget to return the coupon when releasing",
        TRANSACTIONS,
        "        *((ReleaseCoupon(over.coupon),) if over.coupon and over.coupon.counted else ()),\n",
        "",
    ),
    mutant(
        "Forget the student's coupon use when releasing",
        TRANSACTIONS,
        "        *((ReleaseCouponUse(over, over.coupon),) if over.coupon else ()),\n",
        "",
    ),
    mutant(
        "Release whatever the session's status",
        TRANSACTIONS,
        "        ChangeSession(PAYABLE if before.status in PAYABLE else LIVE, over),\n",
        "        ChangeSession(frozenset(Status), over),\n",
        test="tests/use_cases/student/test_enroll_provider_faults.py::test_a_release_that_comes_too_late_is_harmless",
    ),
    mutant(
        "Complete whatever the session's status",
        TRANSACTIONS,
        "        ChangeSession(LIVE, paid),\n",
        "        ChangeSession(frozenset(Status), paid),\n",
        test="tests/use_cases/provider/test_settle_payment_races.py::test_somebody_faster_is_agreed_with",
    ),
    mutant(
        "Enroll while the money is still on its way",
        TRANSACTIONS,
        '        _record(event, waiting, "processing"),\n',
        '        _record(event, waiting, "processing"),\n        AddEnrollment(waiting.enrollment()),\n',
    ),
    mutant(
        "Forget to redeem the coupon of money in review",
        TRANSACTIONS,
        "        *((RedeemCouponUse(before, redeemed),) if redeemed else ()),\n",
        "",
    ),
    mutant(
        "Let the student pay again while money is in review",
        TRANSACTIONS,
        '        *_book_or_record(in_review, calendar, event, f"review:{reason}"),\n',
        '        *_book_or_record(in_review, calendar, event, f"review:{reason}"),\n'
        "        ReleaseCheckoutLock(before),\n",
    ),
    mutant(
        "Complete late money without enrolling",
        TRANSACTIONS,
        "        ChangeSession(RELEASED, paid),\n        AddEnrollment(paid.enrollment(ended)),\n",
        "        ChangeSession(RELEASED, paid),\n",
    ),
    mutant(
        "Leave the checkout lock when a person has decided",
        TRANSACTIONS,
        "        *((ReleaseCheckoutLock(decided),) if holds_lock else ()),\n",
        "",
    ),
)
