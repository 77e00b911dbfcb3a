"""The school's courses: created, changed, priced, and opened or closed for sale."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.changes import NOTHING, UNCHANGED, Unchanged, differences, given
from domain.courses import PRICING_MODELS, Course
from domain.errors import ChangedMeanwhile, InvalidValue, ProviderNotFound
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.school import SchoolRepo
from domain.school import School
from domain.services.record_change import RecordChange
from domain.transactions.writes import AddCourse, ChangeCourse, ChangeSchool

TERMS = (
    "name",
    "description",
    "instructor",
    "pricing_model",
    "image_url",
    "learning_objectives",
    "curriculum",
    "coming_soon",
    "estimated_duration",
    "total_lessons",
)
"""What may change about a course; its price and whether it is sold change by use cases of their own."""


@frozen(kw_only=True)
class CourseChanges:
    """What is to change about a course, or what somebody saw of it: the fields that are not given stay as they are."""

    name: str | Unchanged = UNCHANGED
    description: str | Unchanged = UNCHANGED
    instructor: str | Unchanged = UNCHANGED
    pricing_model: str | Unchanged = UNCHANGED
    image_url: str | Unchanged = UNCHANGED
    learning_objectives: tuple[str, ...] | Unchanged = UNCHANGED
    curriculum: tuple[object, ...] | Unchanged = UNCHANGED
    coming_soon: bool | Unchanged = UNCHANGED
    estimated_duration: str | Unchanged | None = UNCHANGED
    total_lessons: int | Unchanged | None = UNCHANGED

    def given_to(self, course: Course) -> Course:
        """The course with the changes."""
        return evolve(course, **given(self))

    def require_seen(self, course: Course) -> None:
        """Check that the course still is as somebody saw it before they decided.

        Raises:
            ChangedMeanwhile: it is not.
        """
        if any(getattr(course, name) != value for name, value in given(self).items()):
            raise ChangedMeanwhile


@frozen(kw_only=True)
class CreateCourse:
    """Puts a course into the catalogue."""

    record_change: RecordChange

    def __call__(self, course: Course, author: Authorship) -> Course:
        """The course, created.

        Raises:
            CourseExists: its id was used before.
            InvalidValue: it is neither free nor paid nor by invitation, or has no name.
        """
        _require_sound(course)
        self.record_change(
            AddCourse(course),
            AuditAction.COURSE_CREATED,
            AuditSubject(course_id=course.course_id),
            author,
            before={},
            after=created_fields(course),
        )
        return course


@frozen(kw_only=True)
class ChangeCourseTerms:
    """Changes a course field by field; its price is changed by ``ChangePrice``."""

    courses: CourseRepo
    record_change: RecordChange

    def __call__(
        self, course_id: str, changes: CourseChanges, author: Authorship, *, seen: CourseChanges | None = None
    ) -> Course:
        """The course as it is then. ``seen`` is what the author saw of it. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            ChangedMeanwhile: somebody else changed the same fields meanwhile, or since they were seen.
            InvalidValue: it would be neither free nor paid nor by invitation, or have no name.
        """
        course = self.courses.get(course_id)
        changed = changes.given_to(course)
        before, after = differences(course, changed, TERMS)
        if not after:
            return course
        if seen is not None:
            seen.require_seen(course)
        _require_sound(changed)
        self.record_change(
            ChangeCourse(course, changed),
            AuditAction.COURSE_CHANGED,
            AuditSubject(course_id=course_id),
            author,
            before=before,
            after=after,
        )
        return changed


@frozen(kw_only=True)
class CloseSales:
    """Closes or opens sales: of one course, through one provider, or of the whole school. Who is paying may finish."""

    courses: CourseRepo
    school: SchoolRepo
    gateways: Gateways
    record_change: RecordChange
    clock: Clock

    def of_course(self, course_id: str, author: Authorship, *, closed: bool) -> Course:
        """The course as it is then. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            ChangedMeanwhile: somebody else opened or closed it meanwhile.
        """
        course = self.courses.get(course_id)
        if course.sales_closed is closed:
            return course
        changed = evolve(course, sales_closed=closed)
        before, after = differences(course, changed, ("sales_closed",))
        self.record_change(
            ChangeCourse(course, changed),
            _action(closed),
            AuditSubject(course_id=course_id),
            author,
            before=before,
            after=after,
        )
        return changed

    def of_school(self, author: Authorship, *, closed: bool) -> School:
        """The school as it is then. Repeating it changes nothing more.

        Raises:
            ChangedMeanwhile: somebody else opened or closed it meanwhile.
        """
        school = self.school.get()
        if school.sales_closed is closed:
            return school
        return self._change(school, evolve(school, sales_closed=closed), author, closed=closed)

    def through_provider(self, provider: str, author: Authorship, *, closed: bool) -> School:
        """The school as it is then: whether it opens new checkouts at this provider. Repeating it changes nothing more.

        Raises:
            ProviderNotFound: no such provider is plugged in.
            ChangedMeanwhile: somebody else opened or closed something meanwhile.
        """
        if provider not in self.gateways.names:
            raise ProviderNotFound
        school = self.school.get()
        known = school.closed_providers
        wanted = known | {provider} if closed else known - {provider}
        if wanted == known:
            return school
        return self._change(school, evolve(school, closed_providers=wanted), author, closed=closed)

    def _change(self, school: School, wanted: School, author: Authorship, *, closed: bool) -> School:
        changed = evolve(wanted, reason=author.reason, by=author.by, at=self.clock.now())
        before, after = differences(school, changed, ("sales_closed", "closed_providers"))
        write, subject = ChangeSchool(school, changed), AuditSubject()
        self.record_change(write, _action(closed), subject, author, before=before, after=after)
        return changed


def created_fields(course: Course) -> dict[str, object]:
    """What the record of a new course says of it: the fields that are not empty, and its price."""
    _, fields = differences(NOTHING, course, TERMS)
    return {name: value for name, value in fields.items() if value not in (None, "", [], False)} | course.price_record()


def _action(closed: bool) -> AuditAction:  # noqa: FBT001 - the state itself
    return AuditAction.SALES_CLOSED if closed else AuditAction.SALES_OPENED


def _require_sound(course: Course) -> None:
    if course.pricing_model not in PRICING_MODELS:
        raise InvalidValue("pricing_model must be free, paid or invitation.")
    if not course.name.strip():
        raise InvalidValue("name must have 1 to 200 characters.")
