"""What requests about courses say."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from attrs import field, frozen

from adapters.http.field_types import (
    MOST_ENTRIES,
    Currency,
    Email,
    Id,
    Keywords,
    NumberRange,
    OneOf,
    Seats,
    TextLength,
    Timestamp,
)
from adapters.http.request_bodies.shared import STAYS, Limit
from domain.courses import PRICING_MODELS
from domain.enrollments import LONGEST_LECTURE_ID

Lectures = Annotated[int, Keywords(minimum=0, maximum=100_000)]
Texts = Annotated[list[str], Keywords(maxItems=MOST_ENTRIES)]


@frozen(kw_only=True)
class LessonTerms:
    """One lesson of a section. Progress and content are kept under ``lessonId``, which therefore never changes."""

    lesson_id: str = field(alias="lessonId", validator=TextLength(1, LONGEST_LECTURE_ID))
    title: str = field(validator=TextLength(0, 200))
    minutes: Decimal | None = field(default=None, validator=NumberRange(0, 100_000))


@frozen(kw_only=True)
class SectionTerms:
    """One section of a course, with its lessons in order."""

    title: str = field(validator=TextLength(0, 200))
    lessons: Annotated[list[LessonTerms], Keywords(maxItems=MOST_ENTRIES)]


Curriculum = Annotated[list[SectionTerms], Keywords(maxItems=MOST_ENTRIES)]


@frozen(kw_only=True)
class CourseTerms:
    """Fields of a course. What is absent stays as it is; null removes what is there."""

    name: str = field(default=STAYS, validator=TextLength(1, 200))
    description: str | None = STAYS
    instructor: str | None = field(default=STAYS, validator=TextLength(0, 200))
    pricing_model: str = field(default=STAYS, alias="pricingModel", validator=OneOf(PRICING_MODELS))
    image_url: str | None = field(default=STAYS, alias="imageUrl", validator=TextLength(0, 2000))
    learning_objectives: Texts | None = field(default=STAYS, alias="learningObjectives")
    curriculum: Curriculum | None = STAYS
    coming_soon: bool = field(default=STAYS, alias="comingSoon")
    estimated_duration: str | None = field(default=STAYS, alias="estimatedDuration", validator=TextLength(0, 200))
    total_lessons: Lectures | None = field(default=STAYS, alias="totalLessons")


@frozen(kw_only=True)
class CourseTermsRequest(CourseTerms):
    """Change a course. What is absent stays as it is; null removes what is there. ``before`` has fields as the caller
    saw them: if one of them is different by now, nothing is changed.
    """

    before: CourseTerms | None = None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class CourseRequest:
    """Create a course. ``price`` is in minor units."""

    course_id: Id = field(alias="courseId")
    name: str = field(validator=TextLength(1, 200))
    description: str = ""
    instructor: str = field(default="", validator=TextLength(0, 200))
    pricing_model: str = field(alias="pricingModel", validator=OneOf(PRICING_MODELS))
    price: Limit | None = None
    currency: Currency | None = None
    image_url: str = field(default="", alias="imageUrl", validator=TextLength(0, 2000))
    learning_objectives: Texts = field(factory=list, alias="learningObjectives")
    curriculum: Curriculum = field(factory=list)
    coming_soon: bool = field(default=True, alias="comingSoon")
    estimated_duration: str | None = field(default=None, alias="estimatedDuration", validator=TextLength(0, 200))
    total_lessons: Lectures | None = field(default=None, alias="totalLessons")
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class PriceRequest:
    """Change the price of a course. ``price`` is in minor units of ``currency``."""

    price: Limit
    currency: Currency
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class SalesRequest:
    """Close or open sales."""

    closed: bool
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class CapacityRequest:
    """Change how many seats a course has; null: everybody who asks gets in."""

    capacity: Seats | None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class InterestRequest:
    """An e-mail address of somebody who wants to be notified when a course opens."""

    email: Email


@frozen(kw_only=True)
class InvitationRequest:
    """Invite an e-mail address or a student: exactly one of the two. Without ``expiresAt`` it stays open."""

    email: Email | None = None
    user_id: Id | None = field(default=None, alias="userId")
    expires_at: Timestamp | None = field(default=None, alias="expiresAt")
    reason: str = field(default="Invited without a reason.", validator=TextLength(1, 500))
