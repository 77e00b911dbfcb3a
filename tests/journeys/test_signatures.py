"""Messages that nobody should have sent: refused before anything is read, written or queued."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.stack.running_stack import WEBHOOKS, LiveSchool

pytestmark = pytest.mark.journey

# Good in every way: signed well and now, it is taken in, so that only what a test spoils can be why it is refused.
EVENT = b'{"id": "evt_1", "object": "event", "type": "x", "livemode": false, "data": {"object": {}}}'
UNREADABLE = ("fault_06_not_utf8", "fault_14", "fault_17")
Message = Callable[[LiveSchool], tuple[bytes, str | None]]

REFUSED: dict[str, Message] = {
    "fault_02_old": lambda school: (EVENT, school.sign(EVENT, age=302)),
    "fault_03_forged": lambda school: (EVENT, school.sign(EVENT, secret="whsec_guessed")),
    "fault_03_v0_only": lambda school: (EVENT, school.sign(EVENT).replace("v1=", "v0=")),
    "fault_04_missing": lambda _: (EVENT, None),
    "fault_04_empty": lambda _: (EVENT, ""),
    "fault_04_garbage": lambda _: (EVENT, "t=,v1=,=,"),
    "fault_04_no_time": lambda school: (EVENT, school.sign(EVENT).partition(",")[2]),
    "fault_05_non_ascii": lambda school: (EVENT, school.sign(EVENT).partition("v1=")[0] + "v1=\xe9"),
    "fault_06_not_utf8": lambda school: (b"\xff\xfe" + EVENT, school.sign(b"\xff\xfe" + EVENT)),
    "fault_06_not_utf8_and_forged": lambda _: (b"\xff", "t=1,v1=00"),
    "fault_07_future": lambda school: (EVENT, school.sign(EVENT, age=-302)),
    "fault_09_signed_with_nothing": lambda school: (EVENT, signature_header(EVENT, [""], school.now())),
    "fault_12_written_anew": lambda school: (json.dumps(json.loads(EVENT), indent=1).encode(), school.sign(EVENT)),
    "fault_14_not_json": lambda school: (b"{", school.sign(b"{")),
    "fault_14_a_list": lambda school: (b"[]", school.sign(b"[]")),
    "fault_14_null": lambda school: (b"null", school.sign(b"null")),
    "fault_14_empty": lambda school: (b"", school.sign(b"")),
    "fault_14_too_deep": lambda school: (b"[" * 100_000, school.sign(b"[" * 100_000)),
    "fault_14_long_number": lambda school: (
        b'{"id": ' + b"9" * 5_000 + b"}",
        school.sign(b'{"id": ' + b"9" * 5_000 + b"}"),
    ),
    "fault_17_thin": lambda school: (
        b'{"object": "v2.core.event", "id": "evt_1"}',
        school.sign(b'{"object": "v2.core.event", "id": "evt_1"}'),
    ),
}


@pytest.fixture
def untouched(school: LiveSchool) -> Iterator[None]:
    """Afterwards the table holds what it held, the queue is empty, and Stripe was not asked."""
    before = school.storage.items()
    with school.counting() as spent:
        yield
    assert school.storage.items() == before
    assert (spent.dynamodb.total(), spent.stripe) == (0, [])
    assert school.queued() == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_message_that_is_not_stripes(school: LiveSchool, untouched: None, name: str) -> None:
    """400 in the envelope, nothing written, nothing queued, nobody asked."""
    body, signature = REFUSED[name](school)
    headers = {} if signature is None else {"Stripe_Signature": signature}
    refused = school.stranger().send("POST", WEBHOOKS, body, **headers)
    unreadable = name.startswith(UNREADABLE) and "forged" not in name
    assert (refused.status, refused.code) == (400, "malformed_event" if unreadable else "signature_invalid")


@pytest.mark.parametrize("changes", [{"amount_total": float("nan")}, {"amount_total": 1.0}, {"amount_total": "14999"}])
def test_fault_16_an_amount_that_is_no_whole_number(school: LiveSchool, changes: dict[str, object]) -> None:
    """A signed event with an amount that no currency has is refused with an alarm, and enrolls nobody."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    event = school.event("checkout.session.completed", checkout_id)
    event["data"]["object"] |= changes
    alarms = school.signals("EventRefused")
    assert school.deliver(event).status == 400
    assert school.signals("EventRefused") == alarms + 1
    assert not student.is_enrolled()


def test_the_same_message_signed_well_is_taken_in(school: LiveSchool) -> None:
    """The control for all of the above; and what is refused is counted."""
    refused, stranger = school.signals("SignatureRefused"), school.stranger()
    assert stranger.send("POST", WEBHOOKS, EVENT, Stripe_Signature=school.sign(EVENT)).status == 200
    assert stranger.send("POST", WEBHOOKS, EVENT, Stripe_Signature="t=1,v1=00").status == 400
    assert school.signals("SignatureRefused") == refused + 1


def test_fault_01_a_replay_within_five_minutes(school: LiveSchool) -> None:
    """A captured message verifies again, and settling it again changes nothing."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    body = json.dumps(school.event("checkout.session.completed", checkout_id)).encode()
    before = school.storage.of(student.user_id)
    replay = school.stranger().send("POST", WEBHOOKS, body, Stripe_Signature=school.sign(body, age=290))
    assert replay.status == 200
    assert school.storage.of(student.user_id) == before


def test_fault_11_the_headers_case_does_not_matter(school: LiveSchool) -> None:
    """The signature is found under any spelling of its header, and read over the bytes that came."""
    event = {"id": "evt_1", "note": "é", "object": "event", "type": "x", "livemode": False, "data": {"object": {}}}
    body = json.dumps(event, ensure_ascii=False).encode()
    for name in ("stripe-signature", "STRIPE-SIGNATURE", "Stripe-Signature"):
        assert school.stranger().send("POST", WEBHOOKS, body, **{name: school.sign(body)}).status == 200


def test_fault_13_a_body_too_large_is_not_even_hashed(school: LiveSchool, untouched: None) -> None:
    """Above 512 KB: 413."""
    body = b"x" * (512 * 1024 + 1)
    assert school.stranger().send("POST", WEBHOOKS, body, Stripe_Signature=school.sign(body)).status == 413


def test_fault_21_the_webhook_is_not_for_browsers(school: LiveSchool, untouched: None) -> None:
    """Another method and a preflight are refused, and no answer carries CORS headers."""
    stranger = school.stranger()
    for method in ("GET", "OPTIONS", "PUT"):
        refused = stranger.send(method, WEBHOOKS, None, Origin=school.stack.web_url)
        assert refused.status in (403, 405)
        assert not any(name.startswith("access-control") for name in refused.headers)
    assert "access-control-allow-origin" not in stranger.send("POST", WEBHOOKS, EVENT).headers


def test_fault_10_the_webhook_secret_is_rotated(school: LiveSchool) -> None:
    """While Stripe signs with the old secret, the new one or both, a new Lambda takes them all; a third it refuses."""
    old, new = school.stack.keys.webhook_secret, "whsec_rotated"
    body = EVENT
    with school.rotated(new), school.another_instance() as elsewhere:
        for secrets in ([old], [new], [new, old], ["whsec_unknown", new]):
            signature = signature_header(body, secrets, school.now())
            stranger = school.stranger(api_url=elsewhere)
            assert stranger.send("POST", WEBHOOKS, body, Stripe_Signature=signature).status == 200
            # The instance that was warm before knows the old one; Stripe sends both for a day.
            assert (
                old not in secrets
                or school.stranger().send("POST", WEBHOOKS, body, Stripe_Signature=signature).status == 200
            )
        forged = signature_header(body, ["whsec_unknown"], school.now())
        assert school.stranger(api_url=elsewhere).send("POST", WEBHOOKS, body, Stripe_Signature=forged).status == 400
