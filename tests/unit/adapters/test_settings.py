"""The environment, read once: whatever cannot be right ends before anything is called."""

from __future__ import annotations

import pytest

from adapters.settings import Settings, SettingsError
from tests.support.deployment.variables import ENVIRONMENT

EMULATED = {"STRIPE_API_BASE": "http://127.0.0.1:12111", "COGNITO_ENDPOINT": "http://127.0.0.1:4566"}


def settings(**variables: str) -> Settings:
    """The settings of a deployed function, with some variables set otherwise."""
    return Settings.from_environment({**ENVIRONMENT, **variables})


def test_what_is_not_said_is_the_real_thing() -> None:
    """Six variables are enough; the rest is as in production, with nothing emulated."""
    found = settings()
    assert (found.stage, found.table_name) == ("test", "learnermax-education-test")
    assert (found.user_pool_id, found.region) == ("us-east-1_AbCdEfGhI", "us-east-1")
    assert (found.stripe_api_base, found.cognito_endpoint) == (None, None)
    assert (found.stripe_secret_name, found.currency, found.signature_tolerance) == ("learnermax/stripe", "usd", 300)
    assert found.page("/return.html") == "https://school.example/return.html"


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_is_missing_or_empty_is_named(name: str) -> None:
    """An empty variable is a missing one."""
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({other: value for other, value in ENVIRONMENT.items() if other != name})
    with pytest.raises(SettingsError, match=name):
        settings(**{name: ""})


@pytest.mark.parametrize(
    "origin",
    [
        "school.example",
        "https://school.example/",
        "https://school.example/app",
        "ftp://school.example",
        "https://",
        "*",
    ],
)
def test_an_origin_is_only_an_origin(origin: str) -> None:
    """What browsers would never send as an origin cannot be the one that is admitted."""
    with pytest.raises(SettingsError):
        settings(WEB_ORIGIN=origin)


def test_only_a_local_origin_does_without_https() -> None:
    """Tokens and payments do not travel in the open."""
    assert settings(WEB_ORIGIN="http://127.0.0.1:3000").web_origin == "http://127.0.0.1:3000"
    with pytest.raises(SettingsError, match="https"):
        settings(WEB_ORIGIN="http://school.example")


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "none", "299.5"])
def test_fault_08_no_variable_switches_the_age_check_off(seconds: str) -> None:
    """A signature may be between one second and ten minutes old."""
    assert settings(SIGNATURE_TOLERANCE="600").signature_tolerance == 600
    with pytest.raises(SettingsError):
        settings(SIGNATURE_TOLERANCE=seconds)


@pytest.mark.parametrize("name", EMULATED)
@pytest.mark.parametrize("stage", ["dev", "prod", "local2"])
def test_fault_75_an_emulator_serves_local_stages_only(name: str, stage: str) -> None:
    """Nobody can sign in or pay at an emulator where the school is real."""
    assert settings(**{name: EMULATED[name], "STAGE": "local"}).stage == "local"
    with pytest.raises(SettingsError, match="local stages"):
        settings(**{name: EMULATED[name], "STAGE": stage})


@pytest.mark.parametrize("name", EMULATED)
def test_fault_75_no_emulator_is_reached_from_inside_aws(name: str) -> None:
    """A Lambda that is called local by mistake does not start; one in an emulated AWS does."""
    inside = {name: EMULATED[name], "STAGE": "local", "AWS_LAMBDA_FUNCTION_NAME": "learnermax-education-local"}
    with pytest.raises(SettingsError, match="inside AWS"):
        settings(**inside)
    assert settings(**inside, AWS_ENDPOINT_URL="http://127.0.0.1:4566").stage == "local"


def test_messages_are_off_unless_asked_for() -> None:
    """Then by the channels that are named."""
    assert settings().channels == ()
    mail = {"MAIL_FROM": "school@school.example", "OFFICE_EMAIL": "office@school.example"}
    events = {"EVENTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:enrollments"}
    assert settings(MESSAGES="mail", **mail).channels == ("mail",)
    assert settings(MESSAGES="mail,events", **mail, **events).channels == ("mail", "events")


@pytest.mark.parametrize("messages", ["mail", "events", "fax", "mail,mail", "mail,", "on", "off,mail"])
def test_channels_without_what_they_need_are_refused(messages: str) -> None:
    """Before anything is called."""
    with pytest.raises(SettingsError, match=r"(?i)messages"):
        settings(MESSAGES=messages)


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "#12345g", '#123456"'])
def test_a_colour_is_six_hexadecimal_digits(colour: str) -> None:
    """It goes into the markup of a mail."""
    with pytest.raises(SettingsError):
        settings(SCHOOL_COLOUR=colour)
