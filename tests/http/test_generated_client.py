"""A client that openapi-python-client generates of the document is imported and used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import httpx
import pytest
from attrs import define

from tests.support.http.http_school import SAM, HttpSchool
from tests.support.http.openapi import DOCUMENT, operations

PACKAGE = "generated_school_client"


@define
class Transport(httpx.BaseTransport):
    """Takes the client's requests to the app; whoever sends a token is Sam."""

    school: HttpSchool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer."""
        answer = self.school.call(
            request.method,
            str(request.url).removeprefix("http://school.example"),
            raw=request.read() or None,
            headers=dict(request.headers),
            who=SAM if "authorization" in request.headers else None,
        )
        return httpx.Response(answer.status, headers=answer.headers, text=answer.text)


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package, which can be imported."""
    directory = tmp_path_factory.mktemp("client")
    tools = Path(sys.executable).parent
    command = [str(tools / "openapi-python-client"), "generate", "--path", str(DOCUMENT), "--meta", "none"]
    done = subprocess.run(
        [*command, "--fail-on-warning", "--output-path", str(directory / PACKAGE)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(directory))
    yield PACKAGE
    sys.path.remove(str(directory))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def call(school: HttpSchool, client_package: str) -> Any:
    """Calls an operation, as Sam unless told otherwise: `call("enrollments.enroll", body=...)`."""
    package = import_module(client_package)
    connected = {"base_url": "http://school.example", "httpx_args": {"transport": Transport(school)}}
    anonymous, sam = package.Client(**connected), package.AuthenticatedClient(token="of Sam", **connected)

    def made(operation: str, *, signed_in: bool = True, **arguments: Any) -> Any:
        module = import_module(f"{client_package}.api.{operation}")
        return module.sync_detailed(client=sam if signed_in else anonymous, **arguments)

    return made


def test_every_module_of_it_can_be_imported(client_package: str) -> None:
    """One function for each operation, and nothing that Python cannot read."""
    package = import_module(client_package)
    modules = [found.name for found in walk_packages(package.__path__, f"{client_package}.")]
    functions = [name for name in map(import_module, modules) if hasattr(name, "sync_detailed")]
    assert len(functions) == len(operations())


def test_the_catalogue_is_typed_down_to_the_lessons(call: Any) -> None:
    """No property has to be looked up by its name."""
    courses = call("courses.list_courses", signed_in=False).parsed
    assert [course.course_id for course in courses] == ["course-1", "free-1"]
    assert courses[0].price == 149.99
    assert courses[0].curriculum[0].lessons[0].title == "First"


def test_a_free_course_is_enrolled_in_with_nothing_but_its_id(call: Any, client_package: str) -> None:
    """Properties that may be absent may be left out."""
    models = import_module(f"{client_package}.models")
    answer = call("enrollments.enroll", body=models.EnrollRequest(course_id="free-1"))
    assert answer.status_code == 201
    assert isinstance(answer.parsed, models.ActiveEnrollment)
    assert answer.parsed.enrollment.course_id == "free-1"
    assert call("enrollments.check_enrollment", course_id="free-1").parsed.enrolled is True


def test_a_checkout_is_opened_paid_and_seen(call: Any, client_package: str, school: HttpSchool) -> None:
    """Of what an operation may answer, the client tells which it is."""
    models = import_module(f"{client_package}.models")
    pending = call("enrollments.enroll", body=models.EnrollRequest(course_id="course-1")).parsed
    assert isinstance(pending, models.PendingEnrollment)
    school.pay(pending.payment_session_id)
    state = call("payments.get_checkout", stripe_session_id="cs_000001").parsed
    assert (state.status, state.enrolled) == (models.CheckoutStateStatus.COMPLETE, True)
    refused = call("payments.cancel_session", id=pending.payment_session_id)
    assert refused.status_code == 409
    assert refused.parsed.session.status == models.PaymentSessionStatus.COMPLETED


def test_errors_come_as_the_envelope(call: Any, client_package: str) -> None:
    """With the code that a program branches on."""
    models = import_module(f"{client_package}.models")
    unknown = call("courses.get_course", signed_in=False, course_id="none")
    assert (unknown.status_code, unknown.parsed.code) == (404, "course_not_found")
    assert isinstance(unknown.parsed, models.Error)
    assert call("admin.list_coupons").parsed.code == "forbidden"
    assert call("students.get_me", signed_in=False).parsed.code == "unauthorized"
