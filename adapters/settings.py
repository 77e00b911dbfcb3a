"""The settings of a deployment, read once from the environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen
from attrs.validators import ge, in_, le, matches_re, min_len, optional

MAIL, EVENTS = "mail", "events"
"""The channels that messages are delivered by."""

SECRET_NAMES: Mapping[str, str] = {
    "stripe": "learnermax/stripe",
    "paypal": "learnermax/paypal",
}
"""The secret of each payment provider. The right to read them, in the policies, is generated from this list."""


class SettingsError(Exception):
    """An environment variable is missing or invalid; the message names it."""


def _is_origin(_instance: object, _attribute: object, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("an origin is a scheme, a host and maybe a port, without a path")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError("only a local origin may do without https")


def _is_timezone(_instance: object, _attribute: object, value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is not a time zone") from error


def _are_channels(_instance: object, _attribute: object, value: str) -> None:
    names = value.split(",")
    if value != "off" and (not set(names) <= {MAIL, EVENTS} or len(set(names)) != len(names)):
        raise ValueError("messages are off, mail, events, or mail,events")


def _names(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Names separated by commas."""
    return value if isinstance(value, tuple) else tuple(name.strip() for name in value.split(",") if name.strip())


def _is_lesson_url(_instance: object, _attribute: object, value: str) -> None:
    if not value:
        return
    parts = urlsplit(value)
    _is_origin(_instance, _attribute, f"{parts.scheme}://{parts.netloc}")
    if "{courseId}" not in parts.path or "{lessonId}" not in parts.path or parts.query or parts.fragment:
        raise ValueError("a lesson's address has {courseId} and {lessonId} in its path, and no query")


@frozen(kw_only=True)
class Settings:
    """The settings of a deployment. Each environment variable has the name of its field, in capitals.

    ``payment_providers`` are those that new checkouts are opened at, separated by commas, the school's first choice
    first; at ``retired_providers`` only what was begun there is carried to its end. ``provider_variables`` are the
    variables whose names begin with a provider's, such as ``STRIPE_API_BASE``.
    ``stripe_api_base`` and ``cognito_endpoint`` are URLs of emulators, None for the real services.
    ``reconcile_rate`` is how often live sessions are reconciled: every four minutes keeps the promise of five.
    ``aws_client`` chooses between the clients of AWS, see adapters/aws.
    ``access_during_dispute`` is ``keep`` or ``suspend``: whether a student keeps access while a payment is disputed.
    ``school_timezone`` is the IANA zone in which the school's days of bookkeeping begin.
    ``messages`` is ``off``, or the channels of messages: ``mail``, ``events`` or ``mail,events``. Mail goes out
    from ``mail_from``, what the office has to know to ``office_email``; events are published to ``events_topic_arn``.
    ``school_name`` and ``school_colour`` are how mails show the school, ``school_language`` is that of mails:
    ``en`` or ``de``.
    ``lesson_url`` is the address of a lesson's content, with ``{courseId}`` and ``{lessonId}`` in it; empty where
    lessons are kept elsewhere. ``lesson_secret_name`` names the secret with the key that signs such addresses for
    CloudFront; without it they are plain links.
    ``app_version`` and ``app_commit`` name the deployed code; the deployment sets them.
    ``more_client_ids`` are other clients of the user pool whose tokens are taken too, separated by commas.
    ``edge_secret`` is what CloudFront adds to each request; the client's address behind CloudFront is believed with it
    alone. ``edge_required``: ``yes`` refuses every request without it.
    ``checkouts_per_student`` may be opened in an hour; ``checkouts_per_address`` are requests in a minute that open or
    cancel checkouts, from one network address; 0 counts none.
    ``delete_sign_ins``: ``yes`` deletes a deleted student's account in the user pool too.
    ``webhooks``: ``settle``, or ``queue`` while operators have stopped settling.
    ``signature_tolerance`` is how many seconds a webhook's timestamp may differ from our clock.
    """

    stage: str = field(validator=min_len(1))
    table_name: str = field(validator=min_len(3))
    queue_name: str = field(validator=min_len(1))
    web_origin: str = field(validator=_is_origin)
    user_pool_arn: str = field(validator=min_len(1))
    user_pool_client_id: str = field(validator=min_len(1))
    stripe_secret_name: str = SECRET_NAMES["stripe"]
    stripe_js_url: str = "https://js.stripe.com/endive/stripe.js"
    stripe_api_base: str | None = None
    aws_client: str | None = field(default=None, validator=optional(in_(("json", "botocore"))))
    cognito_endpoint: str | None = None
    service: str = "learnermax-education"
    payment_providers: tuple[str, ...] = field(default=("stripe",), converter=_names, validator=min_len(1))
    retired_providers: tuple[str, ...] = field(default=(), converter=_names)
    provider_variables: Mapping[str, str] = field(factory=dict, repr=False)
    currency: str = "usd"
    reconcile_rate: str = "rate(4 minutes)"
    return_path: str = "/return.html"
    cancel_path: str = "/dashboard.html"
    access_during_dispute: str = field(default="keep", validator=in_(("keep", "suspend")))
    school_timezone: str = field(default="UTC", validator=_is_timezone)
    messages: str = field(default="off", validator=_are_channels)
    mail_from: str = ""
    office_email: str = ""
    events_topic_arn: str = ""
    school_name: str = "LearnerMax"
    school_language: str = field(default="en", validator=in_(("en", "de")))
    school_colour: str = field(default="#1f4fd8", validator=matches_re(r"#[0-9a-fA-F]{6}"))
    app_version: str = "unknown"
    app_commit: str = "unknown"
    more_client_ids: str = ""
    edge_secret: str = field(default="", repr=False)
    edge_required: str = field(default="no", validator=in_(("yes", "no")))
    checkouts_per_student: int = field(default=20, converter=int, validator=ge(1))
    checkouts_per_address: int = field(default=60, converter=int, validator=ge(0))
    delete_sign_ins: str = field(default="no", validator=in_(("yes", "no")))
    webhooks: str = field(default="settle", validator=in_(("settle", "queue")))
    lesson_url: str = field(default="", validator=_is_lesson_url)
    lesson_secret_name: str = ""
    signature_tolerance: int = field(default=300, converter=int, validator=[ge(1), le(600)])

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the settings.

        Raises:
            SettingsError: a variable is missing or invalid. Nothing has been called by then.
        """
        required = ("stage", "table_name", "queue_name", "web_origin", "user_pool_arn", "user_pool_client_id")
        missing = [name.upper() for name in required if not environment.get(name.upper())]
        if missing:
            raise SettingsError(f"Missing in the environment: {', '.join(missing)}.")
        names = [attribute.name for attribute in cls.__attrs_attrs__]
        given = {name: environment[name.upper()] for name in names if environment.get(name.upper())}
        own = tuple(f"{name.upper()}_" for name in SECRET_NAMES)
        of_providers = {name: value for name, value in environment.items() if value and name.startswith(own)}
        try:
            settings = cls(**(given | {"provider_variables": of_providers}))  # type: ignore[arg-type]
        except ValueError as error:
            raise SettingsError(f"The environment is not valid: {error}.") from error
        settings._require_addresses()
        settings._require_no_emulator_in_aws(environment)
        if settings.edge_required == "yes" and not settings.edge_secret:
            raise SettingsError("EDGE_REQUIRED needs EDGE_SECRET, or no request would be answered.")
        return settings

    def variables_of(self, provider: str) -> dict[str, str]:
        """The provider's own variables, by what follows its name: ``API_BASE`` for ``STRIPE_API_BASE``."""
        prefix = f"{provider.upper()}_"
        own = {name: value for name, value in self.provider_variables.items() if name.startswith(prefix)}
        if provider == "stripe":
            own |= {"STRIPE_API_BASE": self.stripe_api_base or "", "STRIPE_JS_URL": self.stripe_js_url}
        own[f"{prefix}SIGNATURE_TOLERANCE"] = str(self.signature_tolerance)
        return {name.removeprefix(prefix): value for name, value in own.items() if value}

    def secret_name(self, provider: str) -> str:
        """The name of the provider's secret in Secrets Manager."""
        if provider == "stripe":
            return self.stripe_secret_name
        return self.variables_of(provider).get("SECRET_NAME", SECRET_NAMES[provider])

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that messages are delivered by; none where messages are off."""
        return () if self.messages == "off" else tuple(self.messages.split(","))

    @property
    def user_pool_id(self) -> str:
        """The Cognito pool's id, the last part of its ARN."""
        return self.user_pool_arn.rpartition("/")[2]

    @property
    def token_issuer(self) -> str:
        """The ``iss`` of the user pool's tokens."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    @property
    def accepted_clients(self) -> frozenset[str]:
        """The ``aud`` of tokens that are taken: the web app's client, and those that the school adds."""
        return frozenset({self.user_pool_client_id, *self.more_client_ids.replace(" ", "").split(",")}) - {""}

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone."""
        return ZoneInfo(self.school_timezone)

    @property
    def region(self) -> str:
        """The pool's region."""
        return self.user_pool_id.partition("_")[0]

    def page(self, path: str) -> str:
        """The address of a page of the web app."""
        return self.web_origin + path

    def _require_addresses(self) -> None:
        if MAIL in self.channels and not (self.mail_from and self.office_email):
            raise SettingsError("MESSAGES with mail needs MAIL_FROM and OFFICE_EMAIL.")
        if EVENTS in self.channels and not self.events_topic_arn:
            raise SettingsError("MESSAGES with events needs EVENTS_TOPIC_ARN.")

    def _require_no_emulator_in_aws(self, environment: Mapping[str, str]) -> None:
        bases = [name for name in self.provider_variables if name.endswith("_API_BASE")]
        emulated = self.stripe_api_base or self.cognito_endpoint or bases
        if emulated and self.stage not in ("local", "test"):
            named = ", ".join(sorted({"STRIPE_API_BASE", *bases}))
            raise SettingsError(f"{named} and COGNITO_ENDPOINT are for local stages only.")
        if emulated and environment.get("AWS_LAMBDA_FUNCTION_NAME") and not environment.get("AWS_ENDPOINT_URL"):
            raise SettingsError("An emulator cannot stand in for a payment provider or Cognito inside AWS.")
