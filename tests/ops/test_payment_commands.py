"""Payments looked at, repaired and decided about from the command line."""

from __future__ import annotations

import json

from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.deployment.aws_account import FREE, Town


def in_review(town: Town) -> PaymentSession:
    """A payment of another amount than agreed, which nobody may decide about but a person."""
    session = town.checkout()
    town.stripe.backstage.tamper(str(session.provider_session_id), {"amount_total": 100})
    town.paid(session)
    town.emitted("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    assert town.stored(session).status is Status.REVIEW
    return session


def test_a_payment_is_shown_beside_what_stripe_says(town: Town) -> None:
    """Show names both states, the events that Stripe sent, and the difference; nothing personal is in it."""
    session = town.paid(town.checkout())

    shown = town.emitted("payments", "show", session.payment_session_id, "--user", session.user_id)

    assert shown["session"]["status"] == "open"
    assert shown["enrollment"] == {}
    assert shown["at stripe"]["payment_status"] == "paid"
    assert shown["differences"] == [{"difference": "paid at Stripe, open here"}]
    assert {event["type"]: event["settled_as"] for event in shown["events"]} == {
        "checkout.session.completed": None,
        "payment_intent.succeeded": None,
    }
    assert "@" not in json.dumps(shown)


def test_a_payment_is_found_by_stripes_id_alone(town: Town) -> None:
    """The checkout's id needs no student; our own id does."""
    session = town.checkout()

    by_theirs = town.emitted("show-payment", str(session.provider_session_id), "--no-stripe")

    assert by_theirs["session"]["session"] == session.payment_session_id
    assert town.ops("show-payment", session.payment_session_id).exit_code == 2
    assert town.ops("show-payment", session.payment_session_id, "--user", "somebody-else").exit_code == 1


def test_reconciling_one_session_settles_it(town: Town) -> None:
    """A dry run foresees the enrollment and changes nothing; the run itself enrolls; again, nothing is to do."""
    session = town.paid(town.checkout())
    words = ("reconcile", "--session", session.payment_session_id, "--user", session.user_id)

    assert [(row["found"], row["status"]) for row in town.emitted(*words, "--dry-run")] == [("settled", "completed")]
    assert town.stored(session).status is Status.OPEN
    assert [(row["found"], row["status"]) for row in town.emitted(*words)] == [("settled", "completed")]
    assert town.stored(session).status is Status.COMPLETED
    assert [row["found"] for row in town.emitted(*words)] == ["nothing_to_do"]
    shown = town.emitted("payments", "show", session.payment_session_id, "--user", session.user_id)
    assert shown["enrollment"]["status"] == "completed"
    assert shown["differences"] == []


def test_reconciling_all_looks_at_every_live_session(town: Town) -> None:
    """Of two live sessions the paid one is settled and the open one stays."""
    paid, still_open = town.paid(town.checkout()), town.checkout()

    foreseen = {row["session"]: row["found"] for row in town.emitted("reconcile", "--all", "--dry-run")}
    assert town.stored(paid).status is Status.OPEN
    found = {row["session"]: row["found"] for row in town.emitted("reconcile", "--all")}

    for rows in (foreseen, found):
        assert rows[paid.payment_session_id] == "settled"
        assert rows[still_open.payment_session_id] == "still_open"
    assert town.stored(paid).status is Status.COMPLETED


def test_reconciling_wants_one_session_or_all(town: Town) -> None:
    """Neither, both, or a session without its student is a usage error."""
    for words in ((), ("--all", "--session", "x", "--user", "y"), ("--session", "x"), ("--user", "y")):
        assert town.ops("reconcile", *words).exit_code == 2
    assert town.ops("reconcile", "--session", "x", "--user", "y").exit_code == 1


def test_a_session_that_cannot_be_looked_at_fails_the_run(town: Town) -> None:
    """While Stripe does not answer, the command says which sessions failed and ends with status 1."""
    session = town.checkout()
    town.stripe.backstage.set_faults({"api": {"mode": "503", "times": 50, "path": str(session.provider_session_id)}})

    try:
        dry, run = town.ops("reconcile", "--all", "--dry-run"), town.ops("reconcile", "--all")
    finally:
        town.stripe.backstage.clear_faults()

    assert (dry.exit_code, run.exit_code) == (1, 1)
    assert session.payment_session_id in run.stderr


def test_catching_up_takes_in_what_was_missed(town: Town) -> None:
    """A payment that no webhook told is a difference: foreseen by a dry run, settled by the run, gone afterwards."""
    session = town.paid(town.checkout())

    foreseen = town.emitted("catch-up", "--dry-run")
    assert {"session": session.payment_session_id, "would become": "completed"} in foreseen
    assert town.stored(session).status is Status.OPEN
    assert {"session": session.payment_session_id, "became": "completed"} in town.emitted("catch-up")

    assert town.stored(session).status is Status.COMPLETED
    assert session.payment_session_id not in json.dumps(town.emitted("catch-up"))


def test_a_counter_that_differs_is_reported(town: Town) -> None:
    """A recount is quiet while the counters are right, and fails naming the coupon where one is not."""
    town.emitted("coupons", "create", "COUNTED", "--percent", "5", "--max-uses", "9")
    assert town.emitted("recount") == []
    town.clients("dynamodb").update_item(
        TableName=town.account.table,
        Key={"PK": {"S": "COUPON#COUNTED"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET currentUses = :n",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )

    result = town.ops("recount", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [{"coupon": "COUNTED", "counter": 2, "uses": 0}]


def test_a_review_is_listed_and_resolved_once(town: Town) -> None:
    """Resolving records who and what, enrolls where that was the decision, and cannot be done twice."""
    session = in_review(town)
    words = ("payments", "review", "resolve", session.payment_session_id, "--user", session.user_id)
    decision = ("--as", "enrolled", "--note", "the difference was waived")

    listed = {row["session"]: row["reason"] for row in town.emitted("payments", "review", "list")}
    assert listed[session.payment_session_id] == "amount_mismatch"
    assert town.ops(*words, *decision, "--dry-run").exit_code == 0
    assert town.ops(*words, *decision, typed="n\n").exit_code == 1
    assert town.stored(session).status is Status.REVIEW
    resolved = town.emitted(*words, *decision, "--yes", "--by", "role/Ops/kim")

    assert resolved["resolution"] == "enrolled by role/Ops/kim: the difference was waived"
    assert town.stored(session).status is Status.COMPLETED
    assert town.ops(*words, *decision, "--yes").exit_code == 1
    assert session.payment_session_id not in json.dumps(town.emitted("payments", "review", "list"))


def test_who_decides_is_the_operators_own_identity(town: Town) -> None:
    """Without --by the record names the identity that AWS knows the operator under."""
    session = in_review(town)
    words = ("payments", "review", "resolve", session.payment_session_id, "--user", session.user_id)

    town.emitted(*words, "--as", "refunded", "--yes")

    resolution = town.stored(session).resolution
    assert resolution is not None
    assert resolution.by == town.clients("sts").get_caller_identity()["Arn"].rpartition(":")[2]


def test_a_free_course_needs_no_repair(town: Town) -> None:
    """Enrolling for free leaves nothing live."""
    live = len(town.emitted("reconcile", "--all"))

    town.enroll(FREE)

    assert len(town.emitted("reconcile", "--all")) == live
