"""The mails: which of the texts each has, as plain text, and as HTML in the school's colour."""

from __future__ import annotations

import html
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote

from attrs import field, frozen

from adapters.ses.texts import Texts, de, en
from domain.messages import Message, MessageKind, Recipient
from domain.money import Money

LANGUAGES = {"en": en.TEXTS, "de": de.TEXTS}
"""The languages that the mails are written in."""

_DARK_INK, _LIGHT_INK = "#14181f", "#ffffff"
_MID_LUMINANCE = 0.179  # above it dark letters have more contrast than white ones
_SMALL = 0.04045  # where the sRGB curve begins


@frozen(kw_only=True)
class Letterhead:
    """The school as its mails show it. ``web`` is the origin of its pages; ``colour`` one of CSS, such as #1d4ed8.

    ``language`` is one of ``LANGUAGES``; ``zone`` that of the dates.
    """

    school: str
    web: str
    colour: str = "#1f4fd8"
    contact: str = ""
    language: str = "en"
    zone: tzinfo = field(default=UTC)

    @property
    def texts(self) -> Texts:
        """What the mails say."""
        return LANGUAGES[self.language]


@frozen(kw_only=True)
class Letter:
    """A mail: its subject, and its body twice."""

    subject: str
    text: str
    html: str


@frozen(kw_only=True)
class _Draft:
    """What one mail says: ``facts`` are lines of a table, ``link`` is the label and path of the button."""

    greeting: str
    subject: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    link: tuple[str, str] | None


def letter(message: Message, recipient: Recipient, letterhead: Letterhead) -> Letter:
    """The mail about what the message says."""
    texts = letterhead.texts
    named = recipient.name and not message.is_for_office
    wording = texts.kinds[message.kind]
    path = _path(message)
    draft = _Draft(
        greeting=_filled(texts.greeting_name, name=recipient.name) if named else texts.greeting,
        subject=_filled(wording.subject, course=message.course_name),
        sentences=_sentences(message, letterhead),
        facts=_facts(message, letterhead),
        link=(wording.link, path) if wording.link and path else None,
    )
    return Letter(subject=draft.subject, text=_text(draft, letterhead), html=_html(draft, letterhead))


def _sentences(message: Message, letterhead: Letterhead) -> tuple[str, ...]:
    texts = letterhead.texts
    said = texts.kinds[message.kind].sentences
    match message.kind:
        case MessageKind.ENROLLED:
            before = (texts.delayed,) if message.delayed else ()
            said = (*before, *said, *((texts.receipt,) if message.amount is not None else ()))
        case MessageKind.REFUND_MADE:
            said = (*said, texts.access_ended if message.access_ended else texts.access_kept)
        case MessageKind.ACCESS_ENDED if letterhead.contact:
            said = (*said, texts.ask)
        case _:
            pass
    reasons = {MessageKind.ACCESS_ENDED: texts.ends, MessageKind.REVIEW_OPENED: texts.reviews}
    reason = reasons.get(message.kind, {}).get(message.reason, "")
    filled = (
        _filled(
            one,
            course=message.course_name,
            school=letterhead.school,
            contact=letterhead.contact,
            reason=reason,
            until=_until(message, letterhead),
        )
        for one in said
    )
    return tuple(filled)


def _until(message: Message, letterhead: Letterhead) -> str:
    """Until when a seat is held, in brackets."""
    return f" ({_moment(message.held_until, letterhead)})" if message.held_until else ""


def _moment(at: datetime, letterhead: Letterhead) -> str:
    """A day and a time, by the school's clock."""
    local = at.astimezone(letterhead.zone)
    return f"{local:{letterhead.texts.date}}, {local:%H:%M %Z}"


def _path(message: Message) -> str:
    """The page of the school that the mail's button opens."""
    match message.kind:
        case MessageKind.ENROLLED | MessageKind.PAYMENT_FAILED | MessageKind.WAITLIST_SEAT:
            return f"/course.html?id={quote(message.course_id)}"
        case MessageKind.REFUND_MADE:
            return "/purchases.html"
        case _ if message.is_for_office:
            return f"/office.html?view=payment&id={quote(message.payment_session_id)}"
        case _:
            return ""


def _facts(message: Message, letterhead: Letterhead) -> tuple[tuple[str, str], ...]:
    texts, amount = letterhead.texts, message.amount
    label = texts.kinds[message.kind].amount
    paid = ((label, _amount(amount, texts)),) if label and amount is not None else ()
    if message.is_for_office:
        return (
            (texts.course, message.course_name),
            (texts.student, message.user_id),
            *paid,
            (texts.payment, message.payment_session_id),
            *(((texts.reason, message.reason),) if message.reason else ()),
            *(((texts.respond_by, _moment(message.respond_by, letterhead)),) if message.respond_by else ()),
        )
    if not paid or amount is None:
        return ()
    discount = Money(message.discount, amount.currency)
    reduced = (
        (texts.price, _amount(Money(amount.amount + message.discount, amount.currency), texts)),
        (texts.discount, _amount(discount, texts)),
    )
    return (
        (texts.course, message.course_name),
        (texts.date_label, message.created_at.astimezone(letterhead.zone).strftime(texts.date)),
        *(reduced if message.discount else ()),
        *paid,
        *(((texts.reference, message.payment_session_id),) if message.payment_session_id else ()),
    )


def _amount(amount: Money, texts: Texts) -> str:
    return f"{amount.to_decimal()}".replace(".", texts.point) + f" {amount.currency.upper()}"


def _filled(text: str, **values: str) -> str:
    """The text in one line, with these values in place of their names."""
    return " ".join(text.format(**values).split())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(draft: _Draft, letterhead: Letterhead) -> str:
    width = max((len(name) for name, _ in draft.facts), default=0)
    parts = [
        draft.greeting,
        "\n".join(draft.sentences),
        "\n".join(f"{name:<{width}}  {_one_line(value)}" for name, value in draft.facts),
        f"{draft.link[0]}: {letterhead.web}{draft.link[1]}" if draft.link else "",
        "\n".join(filter(None, (letterhead.school, letterhead.contact))),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


# Mail programs know little of CSS: what must be there is in the elements, and the rules only turn it dark.
_RULES = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media(prefers-color-scheme:dark){"
    ".page{background:#10141a!important;color:#e8ebf0!important}"
    ".card{background:#1a2029!important}"
    ".quiet{color:#a4adba!important}"
    ".rule{border-color:#313a47!important}}"
    "@media(max-width:480px){.card{padding:24px 20px!important}.outer{padding:12px!important}}"
)


def _html(draft: _Draft, letterhead: Letterhead) -> str:
    colour = html.escape(letterhead.colour, quote=True)
    sentences = "".join(f'<p style="margin:0 0 12px">{html.escape(one)}</p>' for one in draft.sentences)
    contact = f"<br>{html.escape(letterhead.contact)}" if letterhead.contact else ""
    return (
        f'<!doctype html><html lang="{letterhead.texts.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{html.escape(draft.subject)}</title><style>{_RULES}</style></head>"
        '<body class="page" style="margin:0;background:#f4f5f7;color:#1d2430;'
        'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;overflow-wrap:break-word">'
        '<div class="outer" style="max-width:560px;margin:0 auto;padding:32px 16px">'
        f'<div class="card" style="border-top:4px solid {colour};background:#ffffff;border-radius:8px;'
        'padding:32px 32px 36px">'
        f'<p style="margin:0 0 24px;font-size:18px;font-weight:700">{html.escape(letterhead.school)}</p>'
        f'<p style="margin:0 0 12px">{html.escape(draft.greeting)}</p>'
        f"{sentences}{_table(draft)}{_button(draft, letterhead)}</div>"
        '<p class="quiet" style="margin:20px 8px 0;font-size:13px;color:#5b6472;text-align:center">'
        f"{html.escape(letterhead.school)}{contact}</p>"
        "</div></body></html>"
    )


def _table(draft: _Draft) -> str:
    """The facts, a line between each two."""
    cell = "border-bottom:1px solid #e3e6eb;padding:8px 0;vertical-align:top"
    rows = "".join(
        f'<tr><td class="rule quiet" style="{cell};padding-right:20px;color:#5b6472;white-space:nowrap">'
        f"{html.escape(name)}</td>"
        f'<td class="rule" style="{cell};text-align:right;word-break:break-word">'
        f"{html.escape(_one_line(value))}</td></tr>"
        for name, value in draft.facts
    )
    style = "border-collapse:collapse;width:100%;margin:20px 0 8px;border-top:1px solid #e3e6eb"
    return f'<table role="presentation" class="rule" style="{style}">{rows}</table>' if rows else ""


def _button(draft: _Draft, letterhead: Letterhead) -> str:
    if draft.link is None:
        return ""
    label, path = draft.link
    colour = html.escape(letterhead.colour, quote=True)
    return (
        f'<p style="margin:24px 0 0"><a href="{html.escape(letterhead.web + path, quote=True)}" style="'
        f"background:{colour};color:{_ink_on(letterhead.colour)};border-radius:6px;display:inline-block;"
        f'padding:12px 22px;text-decoration:none;font-weight:600">{html.escape(label)}</a></p>'
    )


def _ink_on(colour: str) -> str:
    """Dark or white letters, whichever can be read on this colour (#rrggbb)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return _DARK_INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _MID_LUMINANCE else _LIGHT_INK


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _SMALL else float(((channel + 0.055) / 1.055) ** 2.4)
