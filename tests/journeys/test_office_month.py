"""A month of the office in one day: sales, a campaign, a new price, a complaint, a dispute, a review, and the books at
its end. Once over HTTP and once on the command line, and both end with the same numbers.
"""

from __future__ import annotations

import csv
import json
import uuid
from abc import ABC, abstractmethod
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from attrs import define
from click.testing import CliRunner

from scripts.ops.cli import ops
from tests.support.stack.running_stack import LiveSchool, Visitor

pytestmark = pytest.mark.journey

WHY = "The month's business."
SUMS = ("gross", "refunds", "disputes", "fees", "net")


class Office(ABC):
    """What the office does, by either means. Amounts are in minor units."""

    @abstractmethod
    def create(self, course: str, price: int) -> None:
        """A course that is open at once."""

    @abstractmethod
    def reprice(self, course: str, price: int) -> None:
        """Another price."""

    @abstractmethod
    def campaign(self, code: str, course: str) -> None:
        """A tenth off a course."""

    @abstractmethod
    def student_with(self, email: str) -> str:
        """The id of the student who has this address."""

    @abstractmethod
    def payment_of(self, known: str) -> dict[str, Any]:
        """Id, status and review of the payment that some id leads to."""

    @abstractmethod
    def refund(self, payment: str, amount: int | None) -> None:
        """A part, or all that is left."""

    @abstractmethod
    def enroll_after_review(self, payment: str) -> None:
        """What came is enough."""

    @abstractmethod
    def figures_of(self, course: str, since: date, until: date) -> dict[str, int]:
        """The sums of a course."""

    @abstractmethod
    def sheet(self, since: date, until: date) -> str:
        """The ledger, as a spreadsheet reads it."""

    @abstractmethod
    def record_of(self, course: str) -> list[tuple[str, str]]:
        """What was done about the course, and in which role, the newest first."""


@define
class _ByHttp(Office):
    """Ada in her browser."""

    ada: Visitor

    def _put(self, path: str, body: dict[str, Any]) -> None:
        answer = self.ada.send("PUT", path, json.dumps(body | {"reason": WHY}).encode())
        assert answer.status == 200, answer.raw

    def _get(self, path: str) -> Any:
        answer = self.ada.get(path)
        assert answer.status == 200, answer.raw
        return answer.body

    def create(self, course: str, price: int) -> None:
        new = {"courseId": course, "name": "A course", "pricingModel": "paid", "price": price, "comingSoon": False}
        assert self.ada.post("/api/admin/courses", {**new, "reason": WHY}).status == 201

    def reprice(self, course: str, price: int) -> None:
        self._put(f"/api/admin/courses/{course}/price", {"price": price, "currency": "usd"})

    def campaign(self, code: str, course: str) -> None:
        terms = {"code": code, "discountType": "percentage", "discountValue": 10, "applicableCourses": [course]}
        assert self.ada.post("/api/admin/coupons", {**terms, "maxUses": 5, "reason": WHY}).status == 201

    def student_with(self, email: str) -> str:
        [found] = self._get(f"/api/admin/students?email={email}")
        return str(found["userId"])

    def payment_of(self, known: str) -> dict[str, Any]:
        [found] = self._get(f"/api/admin/payments?find={known}")
        return {"id": found["id"], "status": found["status"], "review": found.get("reviewReason")}

    def refund(self, payment: str, amount: int | None) -> None:
        part = {"amount": amount} if amount else {}
        self._put(f"/api/admin/payments/{payment}/refunds/{uuid.uuid4()}", part)

    def enroll_after_review(self, payment: str) -> None:
        decision = {"resolution": "enrolled", "note": WHY}
        assert self.ada.post(f"/api/admin/payments/{payment}/resolve", decision).status == 200

    def figures_of(self, course: str, since: date, until: date) -> dict[str, int]:
        rows = self._get(f"/api/admin/figures?from={since}&to={until}&by=course")["rows"]
        [row] = [row for row in rows if row["courseId"] == course]
        return {name: row[name] for name in SUMS}

    def sheet(self, since: date, until: date) -> str:
        text, cursor = "", ""
        while True:
            answer = self.ada.get(f"/api/admin/figures/ledger.csv?from={since}&to={until}{cursor}")
            text += answer.raw.decode()
            if "x-next-cursor" not in answer.headers:
                return text
            cursor = f"&cursor={answer.headers['x-next-cursor']}"

    def record_of(self, course: str) -> list[tuple[str, str]]:
        return [(one["action"], one["role"]) for one in self._get(f"/api/admin/audit?course={course}")]


@define
class _ByCommand(Office):
    """An operator at a terminal."""

    def _say(self, *words: str) -> str:
        result = CliRunner().invoke(ops, [*words, "--stage", "local"])
        assert result.exit_code == 0, result.output
        return result.stdout

    def _ask(self, *words: str) -> Any:
        return json.loads(self._say(*words, "--json"))

    def create(self, course: str, price: int) -> None:
        terms = (
            "--name",
            "A course",
            "--model",
            "paid",
            "--price",
            _decimal(price),
            "--currency",
            "usd",
            "--open",
            "--reason",
            WHY,
        )
        self._ask("courses", "create", course, *terms)

    def reprice(self, course: str, price: int) -> None:
        self._ask("courses", "reprice", course, _decimal(price), "--reason", WHY)

    def campaign(self, code: str, course: str) -> None:
        terms = ("--percent", "10", "--course", course, "--max-uses", "5", "--reason", WHY)
        self._ask("coupons", "create", code, *terms)

    def student_with(self, email: str) -> str:
        [found] = self._ask("students", "find", email)
        return str(found["user"])

    def payment_of(self, known: str) -> dict[str, Any]:
        found = self._ask("payments", "show", known)["session"]
        return {"id": found["session"], "status": found["status"], "review": found.get("review_reason")}

    def refund(self, payment: str, amount: int | None) -> None:
        part = ("--amount", _decimal(amount)) if amount else ()
        self._ask("payments", "refund", payment, *part, "--reason", WHY, "--yes")

    def enroll_after_review(self, payment: str) -> None:
        self._ask("payments", "review", "resolve", payment, "--as", "enrolled", "--note", WHY, "--yes")

    def figures_of(self, course: str, since: date, until: date) -> dict[str, int]:
        report = self._ask("figures", "show", "--from", str(since), "--to", str(until), "--by", "course")
        [row] = [row for row in report["by course"] if row["course"] == course]
        return {name: _minor(row[name].removesuffix(" USD")) for name in SUMS}

    def sheet(self, since: date, until: date) -> str:
        return self._say("figures", "export", "--from", str(since), "--to", str(until))

    def record_of(self, course: str) -> list[tuple[str, str]]:
        return [(one["action"], one["role"]) for one in self._ask("audit", "list", "--course", course)]


def _decimal(amount: int) -> str:
    return str(Decimal(amount).scaleb(-2))


def _minor(text: str) -> int:
    return int(Decimal(text).scaleb(2))


def bought(school: LiveSchool, course: str, **more: object) -> tuple[Visitor, str, str]:
    """Somebody buys the course: who, our id of the payment, and Stripe's."""
    student = school.regular()
    session_id, checkout_id = student.checkout(course, **more)
    school.pay(checkout_id)
    school.hear()
    return student, session_id, str(student.session(session_id)["stripePaymentIntentId"])


def summed(sheet: str, course: str) -> dict[str, int]:
    """The columns of a course in a spreadsheet, added up as a bookkeeper does."""
    rows = [row for row in csv.DictReader(StringIO(sheet)) if row["course_id"] == course]
    of = {name: [row for row in rows if row["kind"].startswith(name)] for name in ("sale", "refund", "dispute")}
    return {
        "gross": sum(_minor(row["gross"]) for row in of["sale"]),
        "refunds": -sum(_minor(row["gross"]) for row in of["refund"]),
        "disputes": -sum(_minor(row["gross"]) for row in of["dispute"]),
        "fees": sum(_minor(row["fee"]) for row in rows),
        "net": sum(_minor(row["net"]) for row in rows),
    }


@pytest.mark.parametrize("means", ["http", "command line"])
def test_a_month_of_the_office(school: LiveSchool, means: str) -> None:
    """Every act shows in the figures, and the columns of the export add up to them."""
    office = _ByHttp(school.admin()) if means == "http" else _ByCommand()
    role = "admin" if means == "http" else "operator"
    course, code = f"MONTH-{uuid.uuid4().hex[:8]}", f"M{uuid.uuid4().hex[:8].upper()}"
    since = datetime.now(UTC).date()
    office.create(course, 10_000)

    # A sale at the first price, a campaign, a new price, and two sales more.
    kim, kims, _ = bought(school, course)
    office.reprice(course, 12_000)
    office.campaign(code, course)
    sam, sams, _ = bought(school, course, couponCode=code)
    pat, _, pats_payment = bought(school, course)

    # A complaint: a part goes back, then the rest. The first keeps the place, the second ends it.
    assert office.student_with(sam.email) == sam.user_id
    office.refund(sams, 2_500)
    school.hear()
    assert sam.is_enrolled(course)
    office.refund(sams, None)
    school.hear()
    assert not sam.is_enrolled(course)

    # A dispute, found by what Stripe's mail about it says.
    dispute = school.emulator.open_dispute(pats_payment)
    school.hear()
    assert office.payment_of(dispute["id"])["status"] == "completed"
    assert pat.is_enrolled(course)

    # A payment of another amount waits for a decision, and is found good enough.
    alex = school.regular()
    alexs, checkout_id = alex.checkout(course)
    school.emulator.control.tamper(checkout_id, {"amount_total": 11_900})
    school.pay(checkout_id)
    school.hear()
    assert office.payment_of(alexs) == {"id": alexs, "status": "review", "review": "amount_mismatch"}
    office.enroll_after_review(alexs)
    assert alex.is_enrolled(course)

    # The books.
    until = datetime.now(UTC).date()
    figures = office.figures_of(course, since, until)
    sold, returned, disputed = 10_000 + 10_800 + 12_000 + 11_900, 10_800, 12_000
    expected = {"gross": sold, "refunds": returned, "disputes": disputed, "fees": 0}
    assert figures == expected | {"net": sold - returned - disputed}
    assert summed(office.sheet(since, until), course) == figures
    assert office.record_of(course) == [("course_repriced", role), ("course_created", role)]
    assert office.payment_of(kims)["status"] == "completed"
    assert kim.email not in school.emitted.getvalue()
