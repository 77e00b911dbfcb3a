"""Several payment providers over the API: what is offered, what can be chosen, and where a checkout is asked for."""

from __future__ import annotations

import pytest

from adapters.memory.capturing_gateway import MemoryCapturingGateway
from adapters.memory.clock import MemoryClock
from domain.errors import SecretsUnavailable, StorageUnavailable
from domain.ports.payment_gateway import ProviderAccount
from domain.ports.school import SchoolRepo
from domain.school import School
from domain.use_cases.office.manage_courses import CloseSales
from tests.support.factories import AUTHOR, NOW
from tests.support.http.http_school import KIM, HttpSchool
from tests.support.http.responses import BUYING, ENROLLING

WALLET = "wallet"


class WithoutKeys(MemoryCapturingGateway):
    """A provider whose secret cannot be read."""

    def account(self) -> ProviderAccount:
        """Nothing is known."""
        raise SecretsUnavailable


class Unreadable(SchoolRepo):
    """A storage that does not answer."""

    def get(self) -> School:
        """Nothing is known."""
        raise StorageUnavailable


def a_school(kind: type[MemoryCapturingGateway] = MemoryCapturingGateway) -> HttpSchool:
    """A school with two providers."""
    clock = MemoryClock(NOW)
    return HttpSchool(clock=clock, others={WALLET: kind(clock, name=WALLET, first_number=100)})


def test_the_configuration_lists_what_can_be_chosen() -> None:
    """The school's first provider is the first."""
    assert [one["name"] for one in a_school().get("/api/config", who=None).body["providers"]] == ["stripe", WALLET]


def test_a_provider_without_keys_hides_no_other() -> None:
    """Students can still pay where the keys are there."""
    answer = a_school(WithoutKeys).get("/api/config", who=None)
    assert [one["name"] for one in answer.body["providers"]] == ["stripe"]


def test_a_provider_that_is_closed_is_offered_to_nobody() -> None:
    """It is left out of the list, and back when it is open. Who is paying there already still needs its keys."""
    school = a_school()
    opened = school.post("/api/enrollments", {"courseId": "course-1"}).body
    close_sales: CloseSales = school.container.resolve(CloseSales)
    close_sales.through_provider("stripe", AUTHOR, closed=True)
    config = school.get("/api/config", who=None).body
    assert [one["name"] for one in config["providers"]] == [WALLET]
    assert (config["stripePublishableKey"], "stripeJsUrl" in config) == ("pk_stripe", True)
    again = school.post("/api/enrollments", {"courseId": "course-1"})
    assert (again.status, again.body["clientSecret"]) == (200, opened["clientSecret"])
    close_sales.through_provider(WALLET, AUTHOR, closed=True)
    assert school.get("/api/config", who=None).body["providers"] == []
    assert school.post("/api/enrollments", {"courseId": "course-1"}, who=KIM).code == "sales_closed"
    close_sales.through_provider("stripe", AUTHOR, closed=False)
    assert [one["name"] for one in school.get("/api/config", who=None).body["providers"]] == ["stripe"]


def test_the_configuration_does_without_the_storage() -> None:
    """Nobody could sign in without it. What is closed is then listed, and refused by enrolling."""
    assert len(HttpSchool(school=Unreadable()).get("/api/config", who=None).body["providers"]) == 1


@pytest.mark.parametrize("path", [*ENROLLING, *BUYING])
def test_a_student_chooses_a_provider(path: str) -> None:
    """The answer names the provider, and its id of the checkout."""
    answer = a_school().post(path, {"courseId": "course-1", "provider": WALLET})
    session = answer.body.get("session", answer.body)
    assert answer.status == 201
    assert (session["provider"], session["providerSessionId"]) == (WALLET, "cs_000100")


@pytest.mark.parametrize("path", [*ENROLLING, *BUYING])
def test_who_names_no_provider_gets_the_open_checkout_back(path: str) -> None:
    """200 and the same session: a front end that knows nothing of providers closes nothing by accident."""
    school = a_school()
    opened = school.post("/api/enrollments", {"courseId": "course-1", "provider": WALLET}).body
    again = school.post(path, {"courseId": "course-1"})
    session = again.body.get("session", again.body)
    assert again.status == 200
    assert (session["provider"], session["providerSessionId"]) == (WALLET, opened["providerSessionId"])


@pytest.mark.parametrize("path", [*ENROLLING, *BUYING])
def test_what_is_not_offered_cannot_be_chosen(path: str) -> None:
    """422, and nothing is reserved."""
    school = a_school()
    answer = school.post(path, {"courseId": "course-1", "provider": "nobody"})
    assert (answer.status, answer.code) == (422, "provider_not_offered")
    assert not school.store.sessions


def test_a_checkout_is_asked_for_at_its_provider() -> None:
    """Each provider has ids of its own; the path that names Stripe is its own."""
    school = a_school()
    checkout_id = school.post("/api/enrollments", {"courseId": "course-1", "provider": WALLET}).body[
        "providerSessionId"
    ]
    shown = school.get(f"/api/payments/sessions/{WALLET}/{checkout_id}", who=None)
    assert shown.body == {"status": "open", "paymentStatus": "unpaid", "courseId": "course-1"}
    for other in ("stripe", "nobody"):
        assert school.get(f"/api/payments/sessions/{other}/{checkout_id}", who=None).status == 404
