"""Sends messages as mails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from adapters.ses.letters import Letterhead, letter
from domain.errors import NotifierUnavailable, RecipientRefused
from domain.messages import Message, Recipient
from domain.ports.notifier import Notifier


@frozen
class SesNotifier(Notifier):
    """Sends one mail for each message, as text and HTML. SES knows no id of ours: a repetition is a second mail."""

    client: Callable[[], Any]
    sender: str
    letterhead: Letterhead

    def wants(self, message: Message) -> bool:
        """Every kind of message goes by mail."""
        return bool(message.kind)

    def deliver(self, message: Message, recipient: Recipient) -> None:
        """Send the mail. An address that SES calls invalid is refused for ever; anything else may pass."""
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        if not recipient.email:
            raise RecipientRefused
        written = letter(message, recipient, self.letterhead)
        try:
            self.client().send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [recipient.email]},
                Content={
                    "Simple": {
                        "Subject": {"Data": written.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": written.text, "Charset": "UTF-8"},
                            "Html": {"Data": written.html, "Charset": "UTF-8"},
                        },
                    }
                },
            )
        except ClientError as error:
            # SES's own sentence quotes the address.
            if error.response["Error"]["Code"] == "BadRequestException":
                raise RecipientRefused from None
            raise NotifierUnavailable from None
        except ParamValidationError:
            raise RecipientRefused from None
        except BotoCoreError as error:
            raise NotifierUnavailable from error
