"""What Cognito does about people's accounts and moto leaves out: codes by e-mail, ended sessions, deleted accounts.

Moto confirms any account with any code, knows no way to send one again, cannot revoke a refresh token, and lets nobody
delete themselves. The e-mails are not sent anywhere: they are kept, shown at /inbox, and handed to a callback.
"""

from __future__ import annotations

import html
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen
from moto.cognitoidp.models import CognitoIdpUserPool, cognitoidp_backends

from scripts.aws_emulator.answers import Answer, error, json_answer
from scripts.aws_emulator.second_factors import SecondFactors

Forward = Callable[[], Answer]

_MOST_MAILS = 50
_CODE_DIGITS = 6
_SUBJECTS = {
    "SignUp": "Confirm your account",
    "ResendConfirmationCode": "Confirm your account",
    "ForgotPassword": "Set a new password",
}
_CHECKS = {"ConfirmSignUp": "Confirm your account", "ConfirmForgotPassword": "Set a new password"}


@frozen
class Mail:
    """An e-mail with a code, as Cognito would send it."""

    to: str
    subject: str
    code: str


@define(eq=False)
class Accounts:
    """Stands before moto's Cognito. `on_mail` gets every e-mail; `mails` has the newest first.

    `factors` is what it knows of authenticator apps.
    """

    account: str
    region: str
    on_mail: Callable[[Mail], None] = field(default=lambda _mail: None)
    mails: deque[Mail] = field(factory=lambda: deque(maxlen=_MOST_MAILS), init=False)
    factors: SecondFactors = field(init=False)
    _codes: dict[tuple[str, str], str] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.factors = SecondFactors(self.account, self.region)

    def answer(self, operation: str, request: dict[str, Any], forward: Forward) -> Answer:
        """The answer to one Cognito operation, from moto (`forward`) or from here."""
        answer = self.factors.answer(operation, request) or self._answer(operation, request, forward)
        return self.factors.after(operation, request, answer)

    def _answer(self, operation: str, request: dict[str, Any], forward: Forward) -> Answer:
        name = str(request.get("Username", "")).lower()
        if operation == "RevokeToken":
            return self._revoke(request)
        if operation == "DeleteUser":
            return self._delete(request)
        if operation == "ResendConfirmationCode":
            if self._user(request) is not None:
                self._send(operation, name)
            return json_answer(200, {"CodeDeliveryDetails": _delivery(name)})
        if operation in _CHECKS:
            return self._check(operation, name, request, forward)
        answer = forward()
        if answer[0].startswith("200"):
            self._follow(operation, name, request)
        return answer

    def _follow(self, operation: str, name: str, request: dict[str, Any]) -> None:
        """Do what moto leaves out of an operation that it has carried out."""
        if operation == "AdminUserGlobalSignOut":
            self._sign_out(request)
        # Cognito hides who has an account: a password that nobody has is forgotten without an e-mail.
        elif operation in _SUBJECTS and (operation != "ForgotPassword" or self._user(request) is not None):
            self._send(operation, name)

    def inbox(self) -> Answer:
        """The kept e-mails as a page."""
        rows = "".join(
            f"<li>{html.escape(mail.to)}: {html.escape(mail.subject)}, code <b>{mail.code}</b></li>"
            for mail in self.mails
        )
        page = f"<!doctype html><title>Inbox</title><h1>E-mails with codes</h1><ul>{rows or '<li>None yet.</li>'}</ul>"
        return "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")], page.encode()

    def _send(self, operation: str, name: str) -> None:
        code = "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
        subject = _SUBJECTS[operation]
        self._codes[name, subject] = code
        mail = Mail(name, subject, code)
        self.mails.appendleft(mail)
        self.on_mail(mail)

    def _check(self, operation: str, name: str, request: dict[str, Any], forward: Forward) -> Answer:
        expected = self._codes.get((name, _CHECKS[operation]))
        if expected is None or not secrets.compare_digest(expected, str(request.get("ConfirmationCode", ""))):
            return error("CodeMismatchException", "Invalid verification code provided, please try again.")
        answer = forward()
        if answer[0].startswith("200"):
            del self._codes[name, _CHECKS[operation]]
            self._verify_address(request)
        return answer

    def _verify_address(self, request: dict[str, Any]) -> None:
        user = self._user(request)
        if user is not None:
            user.update_attributes([{"Name": "email_verified", "Value": "true"}])

    def _revoke(self, request: dict[str, Any]) -> Answer:
        pool = self._pool(request)
        if pool is None:
            return error("InvalidParameterException", "There is no such client.")
        if request.get("Token") in pool.refresh_tokens:
            pool.refresh_tokens[request["Token"]] = None
        return json_answer(200, {})

    def _delete(self, request: dict[str, Any]) -> Answer:
        cognito = cognitoidp_backends[self.account][self.region]
        token = request.get("AccessToken")
        for pool in cognito.user_pools.values():
            if token in pool.access_tokens:
                _, username = pool.access_tokens.pop(token)
                pool.sign_out(username)
                cognito.admin_delete_user(pool.id, username)
                return json_answer(200, {})
        return error("NotAuthorizedException", "Invalid Access Token")

    def _sign_out(self, request: dict[str, Any]) -> None:
        """End what moto keeps under the address that the user signed in with, whatever the request calls them."""
        pool = cognitoidp_backends[self.account][self.region].user_pools[request["UserPoolId"]]
        user = pool._get_user(request["Username"])  # noqa: SLF001 - moto finds users by their address in no other way
        pool.sign_out(user.attribute_lookup.get("email", ""))

    def _user(self, request: dict[str, Any]) -> Any:
        pool = self._pool(request)
        name = str(request.get("Username", "")).lower()
        users = pool.users.values() if pool else ()
        return next((user for user in users if user.attribute_lookup.get("email", "").lower() == name), None)

    def _pool(self, request: dict[str, Any]) -> CognitoIdpUserPool | None:
        pools = cognitoidp_backends[self.account][self.region].user_pools.values()
        return next((pool for pool in pools if request.get("ClientId") in pool.clients), None)


def _delivery(name: str) -> dict[str, str]:
    first, _, host = name.partition("@")
    return {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": f"{first[:1]}***@{host[:1]}***"}
