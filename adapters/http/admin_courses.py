"""Courses as the office creates, changes, prices and closes them; and who is in them or waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve, frozen

from adapters.http.courses import course_id
from adapters.http.curriculum import as_stored
from adapters.http.errors import InvalidRequest
from adapters.http.office_serializers import sales_body
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.courses import (
    CourseRequest,
    CourseTerms,
    CourseTermsRequest,
    PriceRequest,
    SalesRequest,
    SectionTerms,
)
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import course_body, enrolled_student_body
from adapters.settings import Settings
from domain.audit import Authorship
from domain.changes import UNCHANGED, Unchanged
from domain.courses import Course
from domain.money import Money
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.school import SchoolRepo
from domain.ports.students import StudentRepo
from domain.use_cases.office.change_price import ChangePrice
from domain.use_cases.office.manage_courses import (
    ChangeCourseTerms,
    CloseSales,
    CourseChanges,
    CreateCourse,
)

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

Given = TypeVar("Given")
Parsed = TypeVar("Parsed")

_MANY = "/api/admin/courses"
_ONE = "/api/admin/courses/{courseId}"


@frozen(kw_only=True)
class AdminCourseViews:
    """/api/admin/courses and /api/admin/sales."""

    courses: CourseRepo
    enrollments: EnrollmentRepo
    student_repo: StudentRepo
    school: SchoolRepo
    create_course: CreateCourse
    change_terms: ChangeCourseTerms
    change_price: ChangePrice
    close_sales: CloseSales
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        office = Access.OFFICE
        router.add("GET", _MANY, view=self.index, access=office)
        router.add("POST", _MANY, view=self.create, body=CourseRequest, access=office)
        router.add("GET", _ONE, view=self.show, access=office)
        router.add("PATCH", _ONE, view=self.change, body=CourseTermsRequest, access=office)
        router.add("PUT", f"{_ONE}/price", view=self.reprice, body=PriceRequest, access=office)
        router.add("PUT", f"{_ONE}/sales", view=self.sell, body=SalesRequest, access=office)
        router.add("GET", f"{_ONE}/enrollments", view=self.students, access=office)
        router.add("GET", "/api/admin/sales", view=self.sales, access=office)
        router.add("PUT", "/api/admin/sales", view=self.sell_all, body=SalesRequest, access=office)

    def index(self, call: Call) -> Reply[list[bodies.Course]]:
        """A page of all courses."""
        limit, cursor = limit_and_cursor(call)
        page = self.courses.page(limit=limit, cursor=cursor)
        return page_of([course_body(course) for course in page.entries], page.cursor)

    def show(self, call: Call) -> Reply[bodies.Course]:
        """One course."""
        return Reply(body=course_body(self.courses.get(course_id(call.params["courseId"]))))

    def create(self, call: Call, body: CourseRequest) -> Reply[bodies.Course]:
        """Put a course into the catalogue."""
        course = Course(
            course_id=body.course_id,
            name=body.name,
            description=body.description,
            instructor=body.instructor,
            pricing_model=body.pricing_model,
            price=self._price(body),
            image_url=body.image_url,
            learning_objectives=tuple(body.learning_objectives),
            curriculum=as_stored(body.curriculum, ()),
            coming_soon=body.coming_soon,
            estimated_duration=body.estimated_duration,
            total_lessons=body.total_lessons,
        )
        return Reply(status=201, body=course_body(self.create_course(course, _author(call, body.reason))))

    def change(self, call: Call, body: CourseTermsRequest) -> Reply[bodies.Course]:
        """Change a course field by field."""
        changes = self._with_curriculum(call, body, _changes(body))
        seen = self._with_curriculum(call, body.before, _changes(body.before)) if body.before is not None else None
        changed = self.change_terms(_course(call), changes, _author(call, body.reason), seen=seen)
        return Reply(body=course_body(changed))

    def _with_curriculum(self, call: Call, terms: CourseTerms, changes: CourseChanges) -> CourseChanges:
        """The changes with the curriculum as it is stored, which is more than a request says of it."""

        def as_kept(wanted: list[SectionTerms] | None) -> tuple[object, ...]:
            return as_stored(wanted or [], self.courses.get(_course(call)).curriculum)

        return evolve(changes, curriculum=_parsed(terms.curriculum, as_kept))

    def reprice(self, call: Call, body: PriceRequest) -> Reply[bodies.Course]:
        """Change the price of a course, at its provider first."""
        price = Money(body.price, body.currency)
        return Reply(body=course_body(self.change_price(_course(call), price, _author(call, body.reason))))

    def sell(self, call: Call, body: SalesRequest) -> Reply[bodies.Course]:
        """Close or open the sales of one course."""
        author = _author(call, body.reason)
        return Reply(body=course_body(self.close_sales.of_course(_course(call), author, closed=body.closed)))

    def students(self, call: Call) -> Reply[list[bodies.EnrolledStudent]]:
        """A page of the course's enrollments; a course that is no longer offered still has its students."""
        limit, cursor = limit_and_cursor(call)
        page = self.enrollments.of_course(_course(call), limit=limit, cursor=cursor)
        known = self.student_repo.find_many([enrollment.user_id for enrollment in page.entries])
        found = [enrolled_student_body(one, known.get(one.user_id)) for one in page.entries]
        return page_of(found, page.cursor)

    def sales(self, _call: Call) -> Reply[bodies.Sales]:
        """Whether the whole school is closed for new enrollments."""
        return Reply(body=sales_body(self.school.get()))

    def sell_all(self, call: Call, body: SalesRequest) -> Reply[bodies.Sales]:
        """Close or open the sales of the whole school."""
        closed = self.close_sales.of_school(_author(call, body.reason), closed=body.closed)
        return Reply(body=sales_body(closed))

    def _price(self, body: CourseRequest) -> Money | None:
        if body.price is not None:
            return Money(body.price, body.currency or self.settings.currency)
        if body.currency is not None:
            raise InvalidRequest("currency needs a price.")
        return None


def _course(call: Call) -> str:
    return course_id(call.params["courseId"])


def _author(call: Call, reason: str) -> Authorship:
    return Authorship(by=call.caller.user_id, role=call.role, reason=reason)


def _changes(terms: CourseTerms) -> CourseChanges:
    return CourseChanges(
        name=terms.name,
        description=_parsed(terms.description, _text),
        instructor=_parsed(terms.instructor, _text),
        pricing_model=terms.pricing_model,
        image_url=_parsed(terms.image_url, _text),
        learning_objectives=_parsed(terms.learning_objectives, lambda texts: tuple(texts or ())),
        coming_soon=terms.coming_soon,
        estimated_duration=terms.estimated_duration,
        total_lessons=terms.total_lessons,
    )


def _parsed(value: Given | Unchanged, parse: Callable[[Given], Parsed]) -> Parsed | Unchanged:
    return UNCHANGED if isinstance(value, Unchanged) else parse(value)


def _text(text: str | None) -> str:
    return text or ""
