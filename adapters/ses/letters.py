"""What the mails say: each as plain text, and as HTML in the school's colour."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import quote

from attrs import frozen

from domain.messages import Message, MessageKind, Recipient
from domain.money import Money


@frozen(kw_only=True)
class Letterhead:
    """The school as its mails show it. ``web`` is the origin of its pages; ``colour`` one of CSS, such as #1d4ed8."""

    school: str
    web: str
    colour: str = "#1f4fd8"
    contact: str = ""


@frozen(kw_only=True)
class Letter:
    """A mail: its subject, and its body twice."""

    subject: str
    text: str
    html: str


@frozen(kw_only=True)
class _Draft:
    """What one mail says: ``facts`` are lines of a table, ``link`` is the label and path of the button."""

    subject: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None


def letter(message: Message, recipient: Recipient, letterhead: Letterhead) -> Letter:
    """The mail about what the message says."""
    draft = _DRAFTS[message.kind](message, letterhead)
    greeting = f"Hello {_one_line(recipient.name)}," if recipient.name and not message.is_for_office else "Hello,"
    return Letter(
        subject=_one_line(draft.subject),
        text=_text(greeting, draft, letterhead),
        html=_html(greeting, draft, letterhead),
    )


def _enrolled(message: Message, letterhead: Letterhead) -> _Draft:
    waited = ("Your payment has arrived.",) if message.delayed else ()
    facts = _facts(message, "Paid")
    if message.amount is not None and message.discount:
        facts += (("Discount", _amount(Money(message.discount, message.amount.currency))),)
    return _Draft(
        subject=f"You are enrolled: {message.course_name}",
        sentences=(*waited, f"You are enrolled in {message.course_name} at {letterhead.school}. You can start now."),
        facts=facts,
        link=("Start learning", f"/course.html?id={quote(message.course_id)}"),
    )


def _payment_failed(message: Message, _letterhead: Letterhead) -> _Draft:
    return _Draft(
        subject=f"Your payment did not arrive: {message.course_name}",
        sentences=(
            f"Your bank did not carry out the payment for {message.course_name}, so you are not enrolled.",
            "Nothing was charged. You can try again at any time, also with another way to pay.",
        ),
        link=("Try again", f"/course.html?id={quote(message.course_id)}"),
    )


def _refund_made(message: Message, _letterhead: Letterhead) -> _Draft:
    access = (
        f"With it your enrollment in {message.course_name} has ended. Your progress is kept, should you come back."
        if message.access_ended
        else f"You keep your enrollment in {message.course_name}."
    )
    return _Draft(
        subject=f"Your refund: {message.course_name}",
        sentences=("We have refunded you. Your bank may take some days to show it.", access),
        facts=_facts(message, "Refunded"),
        link=("Your purchases", "/purchases.html"),
    )


def _access_ended(message: Message, letterhead: Letterhead) -> _Draft:
    why = _ENDS.get(message.reason, "")
    ask = f"If you think that this is a mistake, please write to {letterhead.contact}." if letterhead.contact else ""
    return _Draft(
        subject=f"Your enrollment has ended: {message.course_name}",
        sentences=tuple(
            sentence
            for sentence in (
                f"Your enrollment in {message.course_name} has ended{why}.",
                "Your progress is kept, should you come back.",
                ask,
            )
            if sentence
        ),
    )


def _review_opened(message: Message, _letterhead: Letterhead) -> _Draft:
    return _Draft(
        subject=f"A payment needs your decision: {message.reason}",
        sentences=("A payment was received that does not fit what was agreed. Please decide what becomes of it.",),
        facts=_office_facts(message, "Received"),
    )


def _refund_failed(message: Message, _letterhead: Letterhead) -> _Draft:
    return _Draft(
        subject=f"A refund failed: {message.course_name}",
        sentences=(
            "The payment provider could not carry out a refund: the money is still here.",
            "Please ask the student for another way, and record it as a repayment once it is made.",
        ),
        facts=_office_facts(message, "Refund"),
    )


def _dispute_opened(message: Message, _letterhead: Letterhead) -> _Draft:
    return _Draft(
        subject=f"A payment is disputed: {message.course_name}",
        sentences=(
            "A student's bank has taken money back. Please answer with evidence in the provider's dashboard, in time.",
        ),
        facts=_office_facts(message, "Disputed"),
    )


def _waitlist_seat(message: Message, letterhead: Letterhead) -> _Draft:
    until = message.held_until
    by = f" until {until:%d %B %Y, %H:%M} UTC" if until else ""
    return _Draft(
        subject=f"A seat is free for you: {message.course_name}",
        sentences=(
            f"You waited for a seat in {message.course_name} at {letterhead.school}. Now there is one for you.",
            f"We hold it{by}. After that it goes to the next in line.",
        ),
        link=("Take your seat", f"/course.html?id={quote(message.course_id)}"),
    )


_DRAFTS: dict[MessageKind, Callable[[Message, Letterhead], _Draft]] = {
    MessageKind.ENROLLED: _enrolled,
    MessageKind.PAYMENT_FAILED: _payment_failed,
    MessageKind.REFUND_MADE: _refund_made,
    MessageKind.ACCESS_ENDED: _access_ended,
    MessageKind.REVIEW_OPENED: _review_opened,
    MessageKind.REFUND_FAILED: _refund_failed,
    MessageKind.DISPUTE_OPENED: _dispute_opened,
    MessageKind.WAITLIST_SEAT: _waitlist_seat,
}
_ENDS = {
    "refunded": ", because its payment was refunded",
    "charged_back": ", because its payment was taken back by your bank",
    "disputed": " for as long as your bank examines its payment",
}


def _facts(message: Message, what: str) -> tuple[tuple[str, str], ...]:
    amount = ((what, _amount(message.amount)),) if message.amount is not None else ()
    number = (("Reference", message.payment_session_id),) if message.payment_session_id else ()
    return (("Course", message.course_name), *amount, *number) if amount else ()


def _office_facts(message: Message, what: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Course", message.course_name),
        ("Student", message.user_id),
        *(((what, _amount(message.amount)),) if message.amount is not None else ()),
        ("Payment", message.payment_session_id),
        *((("Reason", message.reason),) if message.reason else ()),
    )


def _amount(amount: Money) -> str:
    return f"{amount.to_decimal()} {amount.currency.upper()}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(greeting: str, draft: _Draft, letterhead: Letterhead) -> str:
    width = max((len(name) for name, _ in draft.facts), default=0)
    parts = [
        greeting,
        "\n".join(map(_one_line, draft.sentences)),
        "\n".join(f"{name:<{width}}  {_one_line(value)}" for name, value in draft.facts),
        f"{draft.link[0]}: {letterhead.web}{draft.link[1]}" if draft.link else "",
        "\n".join(filter(None, (letterhead.school, letterhead.contact))),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _html(greeting: str, draft: _Draft, letterhead: Letterhead) -> str:
    colour = html.escape(letterhead.colour, quote=True)
    sentences = "".join(f'<p style="margin:0 0 12px">{html.escape(_one_line(one))}</p>' for one in draft.sentences)
    rows = "".join(
        f'<tr><td style="padding:6px 16px 6px 0;color:#5b6472">{html.escape(name)}</td>'
        f'<td style="padding:6px 0">{html.escape(_one_line(value))}</td></tr>'
        for name, value in draft.facts
    )
    style = "border-collapse:collapse;margin:8px 0 20px"
    table = f'<table role="presentation" style="{style}">{rows}</table>' if rows else ""
    button = ""
    if draft.link:
        address = html.escape(letterhead.web + draft.link[1], quote=True)
        button = (
            f'<p style="margin:20px 0 0"><a href="{address}" style="background:{colour};color:#ffffff;'
            'border-radius:6px;display:inline-block;padding:12px 20px;text-decoration:none;font-weight:600">'
            f"{html.escape(draft.link[0])}</a></p>"
        )
    contact = f"<br>{html.escape(letterhead.contact)}" if letterhead.contact else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(_one_line(draft.subject))}</title></head>"
        '<body style="margin:0;background:#f4f5f7;color:#1d2430;'
        'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif">'
        '<div style="max-width:560px;margin:0 auto;padding:24px 16px">'
        f'<div style="border-top:4px solid {colour};background:#ffffff;border-radius:8px;padding:28px 24px">'
        f'<p style="margin:0 0 20px;font-weight:700;color:{colour}">{html.escape(letterhead.school)}</p>'
        f'<p style="margin:0 0 12px">{html.escape(greeting)}</p>{sentences}{table}{button}</div>'
        f'<p style="margin:16px 24px;font-size:13px;color:#5b6472">{html.escape(letterhead.school)}{contact}</p>'
        "</div></body></html>"
    )
