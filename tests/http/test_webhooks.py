"""Providers call here: the signature over the exact bytes is the proof, and only the path says who calls."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import define, field

from adapters.http.webhooks import LARGEST
from adapters.memory.event_queue import MemoryEventQueue
from domain.errors import InvalidSignature
from domain.payments.events import IgnoredEvent, PaymentEvent
from tests.support.http.http_school import HttpSchool
from tests.support.memory.misbehaving import Counting, Failing, FullQueue

PATHS = ("/api/webhooks/stripe", "/api/payments/webhooks/stripe", "/api/stripe/webhooks")
TAKEN = {"received": True}

every_path = pytest.mark.parametrize("path", PATHS)


@define(eq=False)
class Listening(Counting):
    """Remembers what it was given, and believes none of it."""

    heard: list[tuple[bytes, Mapping[str, str]]] = field(factory=list, init=False)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | IgnoredEvent:
        """Listen, and refuse."""
        self.heard.append((body, headers))
        raise InvalidSignature


@every_path
def test_a_payment_enrolls_once_however_often_it_is_reported(school: HttpSchool, path: str) -> None:
    """200 each time, at every address that a provider may know."""
    session = school.start()
    event = school.provider.pay(session)
    for _ in range(3):
        answer = school.receive(event, path)
        assert (answer.status, answer.body) == (200, TAKEN)
    assert school.get("/api/enrollments/course-1").body["paymentSessionId"] == session
    assert len(school.store.enrollments) == 1


@pytest.mark.parametrize("in_base64", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "evt_1",\r\n  "amount":1.0}\n',
        '{"name": "Zoë 🎓"}'.encode(),
        b" \t\n",
        b"",
        b"[" * 100_000,
        b'{"a": 1, "a": 2, "n": NaN}',
    ],
)
def test_fault_12_the_exact_bytes_reach_the_provider(body: bytes, in_base64: bool) -> None:
    """Nothing parses, trims or writes the body anew on the way."""
    plain = HttpSchool()
    ear = Listening(plain.provider)
    school = HttpSchool(provider=plain.provider, gateway=ear)
    school.post(PATHS[0], raw=body, headers={"Content-Type": "text/plain"}, who=None, in_base64=in_base64)
    assert [heard for heard, _ in ear.heard] == [body]


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b'{"a": "\xe9"}'])
def test_fault_06_bytes_that_are_no_text_reach_the_provider(body: bytes) -> None:
    """The gateway encodes them; what the signature is checked over is what was sent."""
    ear = Listening(HttpSchool().provider)
    school = HttpSchool(gateway=ear)
    school.post(PATHS[0], raw=body, headers={}, who=None, in_base64=True)
    assert ear.heard[0][0] == body


@pytest.mark.parametrize("name", ["Stripe-Signature", "stripe-signature", "STRIPE-SIGNATURE"])
def test_fault_11_the_signatures_header_has_no_case(name: str) -> None:
    """The provider's adapter sees names in lower case."""
    ear = Listening(HttpSchool().provider)
    HttpSchool(gateway=ear).post(PATHS[0], raw=b"{}", headers={name: "t=1,v1=a"}, who=None)
    assert ear.heard[0][1]["stripe-signature"] == "t=1,v1=a"


@every_path
@pytest.mark.parametrize("headers", [{}, {"Memory-Signature": ""}, {"Memory-Signature": "v1=é"}])
def test_a_message_without_the_right_signature_is_400(school: HttpSchool, path: str, headers: dict[str, str]) -> None:
    """Nothing is written and nothing queued; being signed in changes nothing."""
    session = school.start()
    body, _ = school.provider.message(school.provider.pay(session))
    for who in (None, {"sub": "user-1", "cognito:groups": "admin"}):
        answer = school.post(path, raw=body, headers=headers, who=who)
        assert (answer.status, answer.code) == (400, "signature_invalid")
    assert not school.store.enrollments
    assert isinstance(school.queue, MemoryEventQueue)
    assert not school.queue.waiting


def test_a_body_that_was_changed_on_the_way_is_400(school: HttpSchool) -> None:
    """One blank more is another message."""
    body, headers = school.provider.message(school.provider.pay(school.start()))
    answer = school.post(PATHS[0], raw=body + b" ", headers=headers, who=None)
    assert (answer.status, answer.code) == (400, "signature_invalid")


@every_path
def test_fault_13_a_body_over_512_kilobytes_is_413_before_it_is_hashed(path: str) -> None:
    """The provider's adapter never sees it; one byte less is looked at."""
    ear = Listening(HttpSchool().provider)
    school = HttpSchool(gateway=ear)
    too_large = school.post(path, raw=b"x" * (LARGEST + 1), headers={}, who=None)
    assert (too_large.status, too_large.code) == (413, "request_too_large")
    assert not ear.heard
    assert school.post(path, raw=b"x" * LARGEST, headers={}, who=None).status == 400
    assert len(ear.heard) == 1


def test_an_event_that_cannot_be_settled_now_waits_in_the_queue(school: HttpSchool) -> None:
    """200 with queued: the provider need not send it again, and the queue brings it back."""
    session = school.start()
    event = school.provider.pay(session)
    failing = HttpSchool(
        store=school.store, provider=school.provider, unit_of_work=Failing(school.unit_of_work, times=99)
    )
    answer = failing.receive(event)
    assert (answer.status, answer.body) == (200, {"received": True, "queued": True})
    assert isinstance(failing.queue, MemoryEventQueue)
    assert failing.queue.waiting == [event]


def test_fault_89_only_when_the_queue_fails_too_is_it_500(school: HttpSchool) -> None:
    """Then the provider shall send it again."""
    event = school.provider.pay(school.start())
    broken = HttpSchool(
        store=school.store,
        provider=school.provider,
        queue=FullQueue(),
        unit_of_work=Failing(school.unit_of_work, times=99),
    )
    answer = broken.receive(event)
    assert (answer.status, answer.code) == (500, "queue_unavailable")
    assert school.receive(event).body == TAKEN


@pytest.mark.parametrize("provider", ["paypal", "Stripe", "stripe ", "stripe%20"])
def test_an_unknown_provider_is_404(school: HttpSchool, provider: str) -> None:
    """No signature is looked at."""
    answer = school.post(f"/api/webhooks/{provider}", raw=b"{}", headers={}, who=None)
    assert (answer.status, answer.code) == (404, "provider_not_found")


@every_path
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_fault_21_a_webhook_takes_posts_only(school: HttpSchool, path: str, method: str) -> None:
    """405, and no other site's page may read even that."""
    answer = school.call(method, path, who=None)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert not [name for name in answer.headers if name.startswith("access-control-")]
