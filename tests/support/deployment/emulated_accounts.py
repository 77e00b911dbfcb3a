"""An emulated AWS and an emulated Stripe account, with the operators' command line over them."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import define, field
from click.testing import CliRunner, Result
from punq import Container

from adapters import aws as product_aws
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, EnrollmentResult
from domain.payments.session import PaymentSession
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.reconcile_session import ReconcileSession
from domain.students import Identity
from domain.use_cases.student.enroll import Enroll
from scripts.aws_emulator.server import REGION, AwsEmulator
from scripts.ops.cli import ops
from scripts.ops.container import ops_container
from scripts.ops.stage import Stage
from scripts.stack.aws_resources import Account, Clients, provision
from scripts.stack.seed import courses, seed_catalog, seed_table
from scripts.stripe_emulator import StripeEmulator
from tests.support.aws.client_timeouts import lengthen_timeouts

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "sk_test_accounts", "pk_test_accounts", "whsec_accounts"
FREE, PAID, OTHER_PAID = "TEST-COURSE-001", "TEST-COURSE-005", "TEST-COURSE-003"
VISA = "4242424242424242"


@define(eq=False)
class EmulatedAccounts:
    """One account of each kind. No API runs here: students act through the product's use cases."""

    emulated: AwsEmulator
    stripe: StripeEmulator
    clients: Clients
    account: Account
    container: Container = field(factory=lambda: ops_container(Stage.named("local")))

    def ops(self, *words: str, stage: str = "local", answer: str | None = None) -> Result:
        """Run a command; ``answer`` is typed at its prompt. Exceptions other than SystemExit are raised again."""
        result = CliRunner().invoke(ops, [*words, "--stage", stage], input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def ops_json(self, *words: str, stage: str = "local") -> Any:
        """Run a command with --json, which must succeed; returns its parsed output."""
        result = self.ops(*words, "--json", stage=stage)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def enroll(self, course_id: str = PAID, who: Identity | None = None) -> EnrollmentResult:
        """A student (a new one unless given) enrolls."""
        enroll: Enroll = self.container.resolve(Enroll)
        return enroll(who or new_identity(), course_id, CheckoutOptions(return_url="http://127.0.0.1:3000/return.html"))

    def checkout(self, course_id: str = PAID) -> PaymentSession:
        """A new student's open checkout."""
        answer = self.enroll(course_id)
        assert isinstance(answer, AwaitingPayment)
        return answer.session

    def pay(self, session: PaymentSession) -> PaymentSession:
        """The student pays at Stripe; no webhook is sent. Returns the session as it was."""
        assert session.provider_session_id is not None
        self.stripe.pay(session.provider_session_id, VISA)
        return session

    def paid(self, course_id: str = PAID) -> PaymentSession:
        """A new student's checkout that was paid and settled."""
        session = self.pay(self.checkout(course_id))
        reconcile: ReconcileSession = self.container.resolve(ReconcileSession)
        reconcile(session.user_id, session.payment_session_id)
        return self.stored(session)

    def stored(self, session: PaymentSession) -> PaymentSession:
        """The session as it is stored now."""
        repo: PaymentSessionRepo = self.container.resolve(PaymentSessionRepo)
        found = repo.find(session.user_id, session.payment_session_id)
        assert found is not None
        return found

    def course(self, course_id: str) -> dict[str, Any]:
        """The course's item."""
        key = {"PK": {"S": f"COURSE#{course_id}"}, "SK": {"S": "METADATA"}}
        item: dict[str, Any] = self.clients("dynamodb").get_item(TableName=self.account.table, Key=key).get("Item", {})
        return item


def new_identity() -> Identity:
    """A new user of the user pool, without a student record."""
    user_id = str(uuid.uuid4())
    return Identity(user_id=user_id, email=f"{user_id[:8]}@example.com", name="Some Body", email_verified=True)


@contextmanager
def emulated_accounts(aws: AwsEmulator | None = None) -> Iterator[EmulatedAccounts]:
    """Both accounts, with courses in the table and in Stripe's catalogue.

    Meanwhile the process's environment points to them.
    """
    with (
        aws or AwsEmulator() as emulated,
        StripeEmulator(secret_key=SECRET_KEY, publishable_key=PUBLISHABLE_KEY) as stripe,
    ):
        clients = Clients(emulated.url)
        keys = {
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        account = provision(clients, stage="local", secret=keys)
        _store_secret(clients("secretsmanager"), Stage.named("dev").secret, keys)
        seed_table(clients("dynamodb"), account.table, courses())
        seed_catalog(stripe, courses())
        with _environment(emulated.url, {"STRIPE_API_BASE": stripe.url, "PAYMENT_PROVIDERS": "stripe"}):
            yield EmulatedAccounts(emulated, stripe, clients, account)


def _store_secret(secrets: Any, name: str, entries: Mapping[str, str]) -> None:
    """Store the secret of a stage; moto keeps secrets for as long as the process lives."""
    known = {entry["Name"] for entry in secrets.list_secrets()["SecretList"]}
    store = secrets.put_secret_value if name in known else secrets.create_secret
    which = {"SecretId": name} if name in known else {"Name": name}
    store(**which, SecretString=json.dumps(entries))


@contextmanager
def _environment(aws_url: str, more: Mapping[str, str]) -> Iterator[None]:
    """The environment of an operator's process. The product's cached clients are replaced, since they outlive it."""
    before = dict(os.environ)
    for name in [*os.environ]:
        if name.startswith(("AWS_", "STRIPE_", "PAYPAL_", "PAYMENT_")):
            del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        # Only the local stage uses the emulated Stripe; a request to Stripe itself must fail.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        **more,
    }
    _forget_clients()
    lengthen_timeouts(product_aws)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget_clients()


def _forget_clients() -> None:
    product_aws._CLIENTS.clear()
