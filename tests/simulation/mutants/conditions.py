"""Wrong changes to the conditions of writes."""

from __future__ import annotations

from tests.simulation.mutant import COUPON_WRITES, ENROLLMENT_WRITES, SESSION_WRITES, Mutant, mutant

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Change a session whatever its status",
        SESSION_WRITES,
        "if found is None or found.status not in write.expected or not _same_sale(found, write.session):",
        "if found is None or not _same_sale(found, write.session):",
    ),
    mutant(
        "Change a session whatever its price, course, mode and checkout",
        SESSION_WRITES,
        "if found is None or found.status not in write.expected or not _same_sale(found, write.session):",
        "if found is None or found.status not in write.expected:",
        equivalent="Price, course and mode of a session never change, and every decision compared the checkout on "
        "the session it read. Between reading and writing an id can only be learned, and the idempotency key lets "
        "there be one checkout to learn of.",
    ),
    mutant(
        "Decide about money in review twice",
        SESSION_WRITES,
        "if found is None or not found.awaits_decision or found.reversed_sums != write.session.reversed_sums:\n",
        "if found is None or found.reversed_sums != write.session.reversed_sums:\n",
        test="tests/use_cases/office/test_resolve_review.py::test_of_many_people_at_the_same_moment_one_decides",
    ),
    mutant(
        "Unlearn what a stale writer did not know",
        SESSION_WRITES,
        "value if (value := getattr(following, name)) is not None else getattr(found, name) for name in _NAMES",
        "getattr(following, name) for name in _NAMES",
    ),
    mutant(
        "Acquire a second checkout lock",
        SESSION_WRITES,
        "        return CheckoutInProgress(found)\n",
        "        pass\n",
    ),
    mutant(
        "Release somebody else's checkout lock",
        SESSION_WRITES,
        "        return CheckoutReplaced()\n",
        "        pass\n",
        test="tests/use_cases/office/test_resolve_review.py::test_another_live_checkout_keeps_its_lock",
    ),
    mutant(
        "Overwrite an enrollment",
        ENROLLMENT_WRITES,
        "    if found := active_enrollment(store, *key):\n        return AlreadyEnrolled(found)\n"
        "    return partial(store.enrollments",
        "    return partial(store.enrollments",
    ),
    mutant(
        "Overwrite progress made meanwhile",
        ENROLLMENT_WRITES,
        "if found is None or _read(found) != _read(before):",
        "if found is None:",
        test="tests/use_cases/student/test_record_progress.py::test_a_faster_report_is_added_to",
    ),
    mutant(
        "Enroll a student who was deleted",
        ENROLLMENT_WRITES,
        "    if student is None:\n        return StudentNotFound()\n",
        "    if student is None:\n        return nothing\n",
    ),
    mutant(
        "Take a coupon beyond its limit",
        COUPON_WRITES,
        "    if any(limit is not None and uses >= limit for limit in limits):\n        return CouponExhausted()\n",
        "",
        test="tests/use_cases/test_races.py::test_fault_60_of_fifty_racing_for_the_last_use_one_wins",
    ),
    mutant(
        "Take a coupon by the limit that was read, whatever it is now",
        COUPON_WRITES,
        "    limits = (write.limit, coupon.shard_limit(held.shard) if coupon else None)\n",
        "    limits = (write.limit,)\n",
        test="tests/use_cases/student/test_enroll_with_coupon.py::test_fault_60_a_limit_that_was_lowered_meanwhile_holds",
    ),
    mutant(
        "Let a student use a coupon twice",
        COUPON_WRITES,
        "    if key in store.coupon_uses:\n        return CouponAlreadyUsed()\n",
        "",
    ),
    mutant(
        "Release or redeem somebody else's coupon use",
        COUPON_WRITES,
        "return use if use is not None and use.payment_session_id == session.payment_session_id else None",
        "return use",
        equivalent="The same transaction asks for the session to be live, and a live session holds its student's use "
        "of its coupon: while it does, nobody else can, since a student has one use of each.",
    ),
    mutant(
        "Lower a coupon's limit below its uses",
        COUPON_WRITES,
        "    return limit is not None and count > limit\n",
        "    return False\n",
    ),
    mutant(
        "Return a coupon that counts nothing",
        COUPON_WRITES,
        "partial(_count, store, write.coupon, uses - 1) if uses > 0 else CouponUseChanged()",
        "partial(_count, store, write.coupon, uses - 1)",
        equivalent="A second line of defence: a use is returned only together with the student's own held use, in "
        "one transaction, and each held use was counted once. Of two returns the second is refused by its use.",
    ),
)
