"""Mails that the product has sent by SES: moto takes them, and they are kept to be looked at."""

from __future__ import annotations

import html
import json
from collections import deque
from typing import Any

from attrs import define, field, frozen

SEND = "/v2/email/outbound-emails"
"""Where SES takes a mail."""

_MOST = 100


@frozen
class SentMail:
    """A mail, with its body twice."""

    to: str
    sender: str
    subject: str
    text: str
    html: str


@define(eq=False)
class SentMails:
    """Keeps the newest mails first."""

    kept: deque[SentMail] = field(factory=lambda: deque(maxlen=_MOST), init=False)

    def keep(self, request: bytes) -> None:
        """Keep the mail of a request that SES has taken."""
        body: dict[str, Any] = json.loads(request)
        simple = body["Content"]["Simple"]
        self.kept.appendleft(
            SentMail(
                to=", ".join(body["Destination"]["ToAddresses"]),
                sender=body["FromEmailAddress"],
                subject=simple["Subject"]["Data"],
                text=simple["Body"]["Text"]["Data"],
                html=simple["Body"]["Html"]["Data"],
            )
        )

    def page(self) -> str:
        """The mails as a page: each as the student's mail program would show it, and as text."""
        mails = "".join(
            f"<article><h2>{html.escape(mail.subject)}</h2>"
            f"<p>To {html.escape(mail.to)}, from {html.escape(mail.sender)}</p>"
            f'<iframe sandbox title="{html.escape(mail.subject, quote=True)}" '
            f'srcdoc="{html.escape(mail.html, quote=True)}"></iframe>'
            f"<details><summary>As text</summary><pre>{html.escape(mail.text)}</pre></details></article>"
            for mail in self.kept
        )
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inbox</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:720px;margin:0 auto;padding:24px 16px}"
            "iframe{width:100%;height:680px;border:1px solid #d5d9e0;border-radius:8px}h2{margin:32px 0 0}"
            "pre{white-space:pre-wrap}</style></head><body><main><h1>Mails sent</h1>"
            f"{mails or '<p>None yet. Enroll in a course, then load this page again.</p>'}</main></body></html>"
        )
