"""What the mails say, in one place for each language. What is in braces is filled in when a mail is written:
``{course}``, ``{school}``, ``{contact}``, ``{reason}`` and ``{until}``.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from domain.messages import MessageKind


@frozen(kw_only=True)
class Wording:
    """What the mail of one kind of message says: ``amount`` names the sum in its table, ``link`` its button."""

    subject: str
    sentences: tuple[str, ...]
    amount: str = ""
    link: str = ""


@frozen(kw_only=True)
class Texts:
    """Every text of the mails in one language. ``code`` is that of the language, as in HTML.

    ``delayed`` comes first in the mail about an enrollment whose payment took long, ``receipt`` last where something
    was paid. ``access_ended`` and ``access_kept`` are what a refund meant for the enrollment. ``ends`` says why an
    enrollment ended, ``ask`` whom to write to. ``reviews`` explains why a payment awaits a decision. ``respond_by``
    stands before the time until which a dispute can be answered. ``date`` is a form of ``strftime``, ``point`` the
    decimal one.
    """

    code: str
    greeting: str
    greeting_name: str
    kinds: Mapping[MessageKind, Wording]
    delayed: str
    receipt: str
    access_ended: str
    access_kept: str
    ends: Mapping[str, str]
    ask: str
    reviews: Mapping[str, str]
    course: str
    date_label: str
    price: str
    discount: str
    reference: str
    student: str
    payment: str
    reason: str
    respond_by: str
    date: str
    point: str = field(default=".")
