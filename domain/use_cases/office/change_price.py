"""The price of a course: changed at its provider first, or named as it was made there."""

from __future__ import annotations

from types import MappingProxyType

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.courses import Course, ProviderPrice
from domain.errors import AmountTooSmall
from domain.money import Money
from domain.ports.courses import CourseRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.price_catalogue import PriceCatalogues
from domain.services.record_change import RecordChange
from domain.transactions.writes import ChangeCourse


@frozen(kw_only=True)
class ChangePrice:
    """Changes the price of a course: first at the providers that keep a price of their own, then in one write.

    Checkouts that are open keep the price they were opened with. Between the two steps the old price is sold as before;
    a crash there leaves a price at the provider that no course names.
    """

    courses: CourseRepo
    catalogues: PriceCatalogues
    gateways: Gateways
    record_change: RecordChange

    def __call__(self, course_id: str, price: Money, author: Authorship) -> Course:
        """The course at its new price. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            AmountTooSmall: a provider cannot charge so little.
            ChangedMeanwhile: somebody else changed the price meanwhile.
            ProviderUnavailable, ProviderRejected: the provider did not take the price; nothing has changed.
        """
        course = self.courses.get(course_id)
        if course.price == price:
            return course
        self._require_chargeable(price)
        published = {name: self._published(course, name, price) for name in course.provider_prices}
        changed = evolve(course, price=price, provider_prices=MappingProxyType(published))
        self.record_change(
            ChangeCourse(course, changed),
            AuditAction.COURSE_REPRICED,
            AuditSubject(course_id=course_id),
            author,
            before=course.price_record(),
            after=changed.price_record(),
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
    record_change: RecordChange

    def __call__(self, course_id: str, provider: str, link: ProviderPrice, author: Authorship) -> Course:
        """The course as it is then. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            ChangedMeanwhile: somebody else changed its price or link meanwhile.
        """
        course = self.courses.get(course_id)
        if course.price_at(provider) == link:
            return course
        changed = evolve(course, provider_prices=MappingProxyType({**course.provider_prices, provider: link}))
        self.record_change(
            ChangeCourse(course, changed),
            AuditAction.COURSE_CHANGED,
            AuditSubject(course_id=course_id),
            author,
            before={f"{provider}PriceId": course.price_at(provider).price_id},
            after={f"{provider}PriceId": link.price_id},
        )
        return changed
