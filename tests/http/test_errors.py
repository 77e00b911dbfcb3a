"""Every error has a status, one envelope, and the headers that a browser needs to read it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from chalice.test import Client

from adapters.http import errors as http
from adapters.http.errors import retry_after, sentence_of, status_of
from domain import errors
from domain.courses import Course
from domain.errors import Conflict, DomainError, RecordUnreadable
from domain.paging import Page
from domain.ports.courses import CourseRepo
from domain.transactions import conflicts
from tests.support.factories import a_session, an_enrollment, an_entry
from tests.support.http.api_gateway_events import REQUEST_ID, proxy_event
from tests.support.http.http_school import ORIGIN, HttpSchool
from tests.support.memory.misbehaving import Failing

STATUSES: dict[type[DomainError], int] = {
    http.InvalidRequest: 400,
    errors.InvalidValue: 400,
    errors.InvalidSignature: 400,
    errors.MalformedEvent: 400,
    http.NotAuthenticated: 401,
    http.Forbidden: 403,
    errors.CertificateNotFound: 404,
    errors.ReceiptNotFound: 404,
    errors.LessonNotFound: 404,
    errors.NotFound: 404,
    errors.CourseNotFound: 404,
    errors.StudentNotFound: 404,
    errors.EnrollmentNotFound: 404,
    errors.PaymentSessionNotFound: 404,
    errors.ProviderNotFound: 404,
    errors.ProviderNotOffered: 422,
    http.MethodNotAllowed: 405,
    errors.CourseNotOpen: 409,
    errors.CourseIsFree: 409,
    errors.SalesClosed: 409,
    errors.CourseExists: 409,
    errors.ChangedMeanwhile: 409,
    conflicts.AlreadyEnrolled: 409,
    conflicts.EnrollmentConflict: 409,
    errors.CheckoutInProgress: 409,
    errors.CheckoutReplaced: 409,
    errors.PaymentProcessing: 409,
    errors.PaymentInReview: 409,
    errors.PaymentNotCancellable: 409,
    errors.AlreadyResolved: 409,
    errors.TooManyCheckouts: 409,
    conflicts.SessionConflict: 409,
    conflicts.TransactionConflict: 409,
    errors.ContradictoryEvent: 409,
    errors.EnrollmentBarred: 403,
    errors.EnrollmentBusy: 409,
    errors.NotEntitled: 409,
    errors.NothingToRefund: 409,
    errors.RefundTooLarge: 409,
    errors.MoneyUnderWay: 409,
    errors.PaymentDisputed: 409,
    errors.RefundConflict: 409,
    errors.PaymentBusy: 409,
    conflicts.ReversalConflict: 409,
    conflicts.EntryExists: 409,
    errors.RefundRejected: 502,
    errors.CouponExists: 409,
    errors.CourseIsOpen: 409,
    errors.CourseNotCompleted: 409,
    errors.NameMissing: 409,
    errors.CouponLimitTooLow: 409,
    errors.CouponUseChanged: 409,
    errors.InvitationNotFound: 404,
    errors.NotInvited: 403,
    errors.NotByInvitation: 409,
    errors.CourseFull: 409,
    errors.SeatLapsed: 409,
    errors.SeatsFree: 409,
    errors.SeatBeingPaid: 409,
    errors.WaitlistFull: 409,
    errors.CapacityTooLow: 409,
    http.RequestInProgress: 409,
    errors.CheckoutOver: 409,
    http.RequestTooLarge: 413,
    http.UnsupportedMediaType: 415,
    http.IdempotencyKeyReused: 422,
    errors.CouponNotFound: 422,
    errors.CouponRefused: 422,
    errors.CouponInactive: 422,
    errors.CouponNotYetValid: 422,
    errors.CouponExpired: 422,
    errors.CouponExhausted: 422,
    errors.CouponAlreadyUsed: 422,
    errors.CouponNotApplicable: 422,
    errors.MinimumAmountNotReached: 422,
    errors.AmountTooSmall: 422,
    errors.CourseNotForSale: 422,
    errors.PricingModelUnknown: 422,
    errors.RateLimited: 429,
    http.InternalError: 500,
    errors.RecordUnreadable: 500,
    errors.PaymentSessionUnknown: 500,
    errors.QueueUnavailable: 500,
    errors.PriceMismatch: 502,
    errors.ProviderRejected: 502,
    errors.RecipientRefused: 502,
    errors.NotifierUnavailable: 503,
    errors.Unavailable: 503,
    errors.ProviderUnavailable: 503,
    errors.StorageUnavailable: 503,
    errors.SecretsUnavailable: 503,
    errors.SignInsUnavailable: 503,
    errors.CheckoutBusy: 503,
}
WAITING = (errors.QueueUnavailable, http.RequestInProgress)
"""Errors of other statuses that say when to come back."""
WITH_FACTS: dict[type[DomainError], Callable[[], DomainError]] = {
    conflicts.ReversalConflict: lambda: conflicts.ReversalConflict(None),
    conflicts.EntryExists: lambda: conflicts.EntryExists(an_entry()),
    errors.RefundRejected: lambda: errors.RefundRejected("charge_disputed"),
    conflicts.AlreadyEnrolled: lambda: conflicts.AlreadyEnrolled(an_enrollment()),
    conflicts.EnrollmentConflict: lambda: conflicts.EnrollmentConflict(None),
    errors.CheckoutInProgress: lambda: errors.CheckoutInProgress("ps_1"),
    conflicts.SessionConflict: lambda: conflicts.SessionConflict(a_session()),
    conflicts.TransactionConflict: lambda: conflicts.TransactionConflict((errors.CouponExpired(),)),
}


@frozen
class _Raising(CourseRepo):
    """A catalogue that raises."""

    error: Callable[[], Exception]

    def get(self, course_id: str) -> Course:
        raise self.error()

    def existing(self, course_ids: frozenset[str]) -> frozenset[str]:
        raise self.error()

    def page(self, *, limit: int, cursor: str | None) -> Page[Course]:
        raise self.error()


def every_error() -> set[type[DomainError]]:
    """Every class of error that the school or HTTP may answer with."""
    named = [
        thing for module in (errors, conflicts, http) for thing in vars(module).values() if isinstance(thing, type)
    ]
    return {kind for kind in named if issubclass(kind, DomainError)} - {DomainError, Conflict, http.HttpError}


def test_the_table_here_is_complete() -> None:
    """Whoever adds an error decides about its status in this file too."""
    assert every_error() == STATUSES.keys()


@pytest.mark.parametrize(("kind", "status"), STATUSES.items(), ids=lambda value: getattr(value, "__name__", value))
def test_every_error_has_a_status_and_the_envelope(kind: type[DomainError], status: int) -> None:
    """Status, sentence, code and the request's id; a browser may read it; nobody keeps it."""
    answer = HttpSchool(courses=_Raising(WITH_FACTS.get(kind, kind))).get("/api/courses/course-1", who=None)
    assert answer.status == status
    assert answer.body == {"error": kind.sentence, "code": kind.code, "requestId": REQUEST_ID}
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["cache-control"] == "no-store"
    assert ("retry-after" in answer.headers) == (status in (429, 503) or kind in WAITING)


def test_codes_are_distinct() -> None:
    """A program can branch on the code: no two errors share one."""
    codes = [kind.code for kind in every_error()]
    assert len(codes) == len(set(codes))


def test_an_error_without_a_status_is_ours() -> None:
    """What somebody forgot in the table is a 500, not a crash."""
    assert status_of(DomainError()) == 500
    assert retry_after(DomainError()) is None


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("time_spent_seconds is a whole number.", "timeSpentSeconds is a whole number."),
        ("source is one of: direct, learning_path.", "source is one of: direct, learning_path."),
        ("The limit is above zero.", "The limit is above zero."),
    ],
)
def test_a_field_is_named_as_on_the_wire(sentence: str, shown: str) -> None:
    """The domain's names are Python's; a client knows others."""
    assert sentence_of(errors.InvalidValue(sentence)) == shown


# -- what nobody foresaw ----------------------------------------------------------------------------------------------


def test_the_unforeseen_is_500_and_logged_without_its_values(caplog: pytest.LogCaptureFixture) -> None:
    """The log has where and what kind, under the request's id; neither log nor answer has the message."""
    school = HttpSchool(courses=_Raising(lambda: KeyError("sam@example.com 4242424242424242")))
    answer = school.get("/api/courses/course-1", who=None)
    assert (answer.status, answer.code) == (500, "internal_error")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    [record] = caplog.records
    logged = json.loads(record.message)
    assert (logged["error"], logged["requestId"]) == ("KeyError", REQUEST_ID)
    assert (logged["route"], record.levelno) == ("/api/courses/{courseId}", logging.ERROR)
    assert any("courses.py" in frame for frame in logged["at"])
    assert "4242" not in caplog.text + answer.text


def test_fault_133_a_damaged_record_is_not_described_to_callers(caplog: pytest.LogCaptureFixture) -> None:
    """What is damaged, and under which key, is in the log, for whoever runs the school."""
    school = HttpSchool(courses=_Raising(lambda: RecordUnreadable("COURSE#course-1 METADATA: KeyError price")))
    answer = school.get("/api/courses/course-1", who=None)
    assert (answer.status, answer.code) == (500, "record_unreadable")
    assert answer.body["error"] == RecordUnreadable.sentence
    assert not any(word in answer.text for word in ("COURSE#", "METADATA", "KeyError"))
    [record] = caplog.records
    logged = json.loads(record.message)
    assert (logged["record"], logged["requestId"]) == ("COURSE#course-1 METADATA: KeyError price", REQUEST_ID)
    assert (logged["route"], record.levelno) == ("GET /api/courses/{courseId}", logging.ERROR)


def test_a_body_that_cannot_be_written_is_500(caplog: pytest.LogCaptureFixture) -> None:
    """It would otherwise leave the Lambda as an error of the gateway's, which no browser could read."""
    school = HttpSchool()
    course = school.store.courses["course-1"]
    object.__setattr__(course, "curriculum", ({"title": "Start", "price": object()},))
    answer = school.get("/api/courses/course-1", who=None)
    assert (answer.status, answer.code) == (500, "internal_error")


def test_storage_that_fails_for_good_is_503(school: HttpSchool) -> None:
    """Nothing is written and the caller knows when to come again."""
    failing = HttpSchool(store=school.store, unit_of_work=Failing(school.unit_of_work, times=99))
    answer = failing.post("/api/enrollments", {"courseId": "free-1"})
    assert (answer.status, answer.code) == (503, "storage_unavailable")
    assert not school.store.enrollments


def test_what_the_gateway_should_not_have_let_through_is_in_the_envelope(school: HttpSchool) -> None:
    """A path that does not exist, an event without what it needs, or one that is no request: refused, no crash."""
    assert school.invoke(proxy_event("GET", "/api/nothing")).status == 405
    assert school.invoke(proxy_event("GET", "/api/courses/{courseId}")).code == "internal_error"
    emitted: dict[str, Any] = school.app({"requestContext": {}}, None)
    assert emitted["statusCode"] == 500
    assert json.loads(emitted["body"])["code"] == "internal_error"


# -- Chalice's own answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/courses"), ("PUT", "/api/students/me")])
def test_an_unknown_method_is_405_in_the_envelope(school: HttpSchool, method: str, path: str) -> None:
    """With Allow, and readable by the web app; the sentence does not repeat the method."""
    answer = school.call(method, path)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.sentence == http.MethodNotAllowed.sentence
    assert "GET" in answer.headers["allow"]
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_a_get_may_announce_any_type(school: HttpSchool) -> None:
    """Some clients send Content-Type on every request; only bodies have to be JSON."""
    assert school.get("/api/courses", headers={"content-type": "text/plain"}).status == 200


def test_any_accept_header_is_served(school: HttpSchool) -> None:
    """There is only JSON."""
    for accept in ("text/html", "image/png", "application/octet-stream", "*/*", "nonsense"):
        assert school.get("/api/health", headers={"Accept": accept}).status == 200


@pytest.mark.filterwarnings("ignore:CognitoUserPoolAuthorizer is not a supported:UserWarning")
def test_chalices_own_client_agrees(school: HttpSchool) -> None:
    """The answers here are those of Chalice's test client."""
    with Client(school.app) as client:
        for path in ("/api/health", "/api/courses", "/api/courses/none", "/api/students/me"):
            theirs, ours = client.http.get(path), school.get(path, who=None)
            assert theirs.status_code == ours.status
            assert theirs.json_body == (ours.body | theirs.json_body if "requestId" in ours.body else ours.body)
