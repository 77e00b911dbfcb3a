"""An authenticator app, and the time at the user pool: a new code is there as soon as a test wants one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from scripts.aws_emulator.second_factors import SecondFactors
from scripts.aws_emulator.totp import STEP, code_of, step_at

_MOMENT = 1_800_000_000.0


@define
class Authenticator:
    """Shows codes of ``secret``. ``moment`` is the time, in seconds since 1970, for the app and for the user pool."""

    secret: str = ""
    moment: float = field(default=_MOMENT)

    def code(self) -> str:
        """The code that the app shows now."""
        return code_of(self.secret, step_at(self.moment))

    def next_code(self) -> str:
        """The code that the app shows after another thirty seconds, which pass with that."""
        self.moment += STEP
        return self.code()

    def wrong_code(self) -> str:
        """A code of no step that counts now."""
        now = step_at(self.moment)
        taken = {code_of(self.secret, step) for step in (now - 1, now, now + 1)}
        return next(code for code in ("000000", "000001", "000002", "000003") if code not in taken)

    def register(self, cognito: Any, access_token: str) -> None:
        """Take over a key of the user pool and switch the second factor on, as the account page does."""
        self.secret = cognito.associate_software_token(AccessToken=access_token)["SecretCode"]
        cognito.verify_software_token(AccessToken=access_token, UserCode=self.next_code())
        cognito.set_user_mfa_preference(
            AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )


@contextmanager
def authenticator(factors: SecondFactors) -> Iterator[Authenticator]:
    """An app whose time is the user pool's meanwhile."""
    app, before = Authenticator(), factors.clock
    factors.clock = lambda: app.moment
    try:
        yield app
    finally:
        factors.clock = before
