"""Bodies about courses."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from adapters.http.field_types import Count, Currency, Id, Keywords, NonEmpty, Timestamp


class Lesson(TypedDict):
    """One lesson of a section."""

    title: str
    lessonId: str
    minutes: Annotated[Decimal, Keywords(minimum=0)] | None


class CurriculumSection(TypedDict):
    """One section of a course. What else the editors keep is passed on as it is stored."""

    title: str
    lessons: list[Lesson]


OPEN = (Lesson, CurriculumSection)
"""What may have further properties, as editors stored them."""


class Course(TypedDict):
    """A course of the catalogue."""

    courseId: Id
    name: str
    description: str
    instructor: str
    pricingModel: str
    price: Annotated[Decimal, Keywords(minimum=0)] | None
    currency: Currency | None
    imageUrl: str
    learningObjectives: list[str]
    curriculum: list[CurriculumSection]
    comingSoon: Literal[True] | None
    salesClosed: Literal[True] | None
    estimatedDuration: str | None
    totalLessons: Count | None
    capacity: Count | None
    seatsLeft: Count | None
    stripeProductId: str | None
    stripePriceId: str | None


class Sales(TypedDict):
    """Whether the whole school is closed for new enrollments, and who decided that last."""

    closed: bool
    reason: str | None
    by: NonEmpty | None
    at: Timestamp | None
