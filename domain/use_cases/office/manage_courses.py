"""The school's courses: created, changed, priced, and opened or closed for sale."""

from __future__ import annotations

from types import MappingProxyType

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditRecord, AuditSubject, Authorship
from domain.changes import NOTHING, UNCHANGED, Unchanged, differences, given
from domain.courses import FREE, PAID, Course, ProviderPrice
from domain.errors import AmountTooSmall, CourseChanged, InvalidValue
from domain.money import Money
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways
from domain.ports.price_catalogue import PriceCatalogues
from domain.ports.school import SchoolRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.school import School
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddAuditRecord, AddCourse, ChangeCourse, ChangeSchool, Write

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

_LONGEST_RECORDED = 2_000


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
            CourseChanged: it is not.
        """
        if any(getattr(course, name) != value for name, value in given(self).items()):
            raise CourseChanged


@frozen(kw_only=True)
class _Recorder:
    """Makes a change of a course together with its audit record."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def commit(
        self,
        write: Write,
        action: AuditAction,
        course_id: str | None,
        author: Authorship,
        changed: tuple[dict[str, object], dict[str, object]],
    ) -> AuditRecord:
        record = author.record(
            action,
            AuditSubject(course_id=course_id),
            audit_id=self.ids.audit_id(),
            at=self.clock.now(),
            before=_shortened(changed[0]),
            after=_shortened(changed[1]),
        )
        try:
            self.unit_of_work.commit((write, AddAuditRecord(record)))
        except TransactionConflict as conflict:
            raise conflict.first from conflict
        return record


@frozen(kw_only=True)
class CreateCourse:
    """Puts a course into the catalogue."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, course: Course, author: Authorship) -> Course:
        """The course, created.

        Raises:
            CourseExists: its id was used before.
            InvalidValue: it is neither free nor paid, or has no name.
        """
        _require_sound(course)
        changed = differences(NOTHING, course, (*TERMS, "price"))
        after = {name: value for name, value in changed[1].items() if value not in (None, "", [], False)}
        _recorder(self).commit(
            AddCourse(course), AuditAction.COURSE_CREATED, course.course_id, author, ({}, after | _price(course))
        )
        return course


@frozen(kw_only=True)
class ChangeCourseTerms:
    """Changes a course field by field; its price is changed by ``ChangePrice``."""

    courses: CourseRepo
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, course_id: str, changes: CourseChanges, author: Authorship, *, seen: CourseChanges | None = None
    ) -> Course:
        """The course as it is then. ``seen`` is what the author saw of it. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            CourseChanged: somebody else changed the same fields meanwhile, or since they were seen.
            InvalidValue: it would be neither free nor paid, or have no name.
        """
        course = self.courses.get(course_id)
        changed = changes.given_to(course)
        fields = differences(course, changed, TERMS)
        if not fields[1]:
            return course
        if seen is not None:
            seen.require_seen(course)
        _require_sound(changed)
        _recorder(self).commit(ChangeCourse(course, changed), AuditAction.COURSE_CHANGED, course_id, author, fields)
        return changed


@frozen(kw_only=True)
class ChangePrice:
    """Changes the price of a course: first at the providers that keep a price of their own, then in one write.

    Checkouts that are open keep the price they were opened with. Between the two steps the old price is sold as before;
    a crash there leaves a price at the provider that no course names.
    """

    courses: CourseRepo
    catalogues: PriceCatalogues
    gateways: Gateways
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, course_id: str, price: Money, author: Authorship) -> Course:
        """The course at its new price. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            AmountTooSmall: a provider cannot charge so little.
            CourseChanged: somebody else changed the price meanwhile.
            ProviderUnavailable, ProviderRejected: the provider did not take the price; nothing has changed.
        """
        course = self.courses.get(course_id)
        if course.price == price:
            return course
        self._require_chargeable(price)
        published = {name: self._published(course, name, price) for name in course.provider_prices}
        changed = evolve(course, price=price, provider_prices=MappingProxyType(published))
        _recorder(self).commit(
            ChangeCourse(course, changed),
            AuditAction.COURSE_REPRICED,
            course_id,
            author,
            (_price(course), _price(changed)),
        )
        return changed

    def _published(self, course: Course, provider: str, price: Money) -> ProviderPrice:
        catalogue = self.catalogues.of(provider)
        return catalogue.publish(course, price) if catalogue else course.price_at(provider)

    def _require_chargeable(self, price: Money) -> None:
        least = max(
            (self.gateways.named(name).limits.minimum_charge.get(price.currency, 1) for name in self.gateways.names),
            default=1,
        )
        if price.amount < least:
            raise AmountTooSmall


@frozen(kw_only=True)
class LinkCourse:
    """Names the product and the price that a provider has for a course, which were made there."""

    courses: CourseRepo
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, course_id: str, provider: str, link: ProviderPrice, author: Authorship) -> Course:
        """The course as it is then. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            CourseChanged: somebody else changed its price or link meanwhile.
        """
        course = self.courses.get(course_id)
        if course.price_at(provider) == link:
            return course
        changed = evolve(course, provider_prices=MappingProxyType({**course.provider_prices, provider: link}))
        before: dict[str, object] = {f"{provider}PriceId": course.price_at(provider).price_id}
        after: dict[str, object] = {f"{provider}PriceId": link.price_id}
        _recorder(self).commit(
            ChangeCourse(course, changed), AuditAction.COURSE_CHANGED, course_id, author, (before, after)
        )
        return changed


@frozen(kw_only=True)
class CloseSales:
    """Closes or opens sales, of one course or of the whole school. Who is paying already may finish."""

    courses: CourseRepo
    school: SchoolRepo
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def of_course(self, course_id: str, author: Authorship, *, closed: bool) -> Course:
        """The course as it is then. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            CourseChanged: somebody else opened or closed it meanwhile.
        """
        course = self.courses.get(course_id)
        if course.sales_closed is closed:
            return course
        changed = evolve(course, sales_closed=closed)
        fields = differences(course, changed, ("sales_closed",))
        _recorder(self).commit(ChangeCourse(course, changed), _action(closed), course_id, author, fields)
        return changed

    def of_school(self, author: Authorship, *, closed: bool) -> School:
        """The school as it is then. Repeating it changes nothing more.

        Raises:
            SchoolChanged: somebody else opened or closed it meanwhile.
        """
        school = self.school.get()
        if school.sales_closed is closed:
            return school
        changed = School(sales_closed=closed, reason=author.reason, by=author.by, at=self.clock.now())
        fields = differences(school, changed, ("sales_closed",))
        _recorder(self).commit(ChangeSchool(school, changed), _action(closed), None, author, fields)
        return changed


def _recorder(use_case: CreateCourse | ChangeCourseTerms | ChangePrice | LinkCourse | CloseSales) -> _Recorder:
    return _Recorder(unit_of_work=use_case.unit_of_work, clock=use_case.clock, ids=use_case.ids)


def _action(closed: bool) -> AuditAction:  # noqa: FBT001 - the state itself
    return AuditAction.SALES_CLOSED if closed else AuditAction.SALES_OPENED


def _require_sound(course: Course) -> None:
    if course.pricing_model not in (FREE, PAID):
        raise InvalidValue("pricing_model must be free or paid.")
    if not course.name.strip():
        raise InvalidValue("name must have 1 to 200 characters.")


def _price(course: Course) -> dict[str, object]:
    if course.price is None:
        return {}
    ids = {f"{provider}PriceId": link.price_id for provider, link in course.provider_prices.items() if link.price_id}
    return {"price": course.price.amount, "currency": course.price.currency, **ids}


def _shortened(fields: dict[str, object]) -> dict[str, object]:
    """The fields as the record keeps them: a curriculum is as large as its course, and is only said to have changed."""
    return {name: value if len(str(value)) <= _LONGEST_RECORDED else "(long)" for name, value in fields.items()}
