"""Control calls about refunds and disputes."""

from scripts.stripe_emulator.control.control import Control
from scripts.stripe_emulator.control.fields import amount, boolean, required_text, text
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.routing import Routes

ROUTES = Routes()


@ROUTES.get("/emulator/refunds")
def refunds(control: Control, _: Json) -> list[Json]:
    """All refunds, oldest first."""
    return control.dashboard.refunds()


@ROUTES.post("/emulator/refunds")
def refund(control: Control, body: Json) -> Json:
    """{"payment": "pi_...", "amount"?: n, "reason"?: "requested_by_customer"}."""
    return control.dashboard.refund(required_text(body, "payment"), amount(body, "amount"), text(body, "reason"))


@ROUTES.post("/emulator/refunds/{refund}/succeed")
def succeed_refund(control: Control, _: Json, refund: str) -> Json:
    """No body."""
    return control.dashboard.succeed_refund(refund)


@ROUTES.post("/emulator/refunds/{refund}/fail")
def fail_refund(control: Control, body: Json, refund: str) -> Json:
    """{"failure_reason"?: "expired_or_canceled_card"}."""
    return control.dashboard.fail_refund(refund, text(body, "failure_reason"))


@ROUTES.post("/emulator/refunds/{refund}/cancel")
def cancel_refund(control: Control, _: Json, refund: str) -> Json:
    """No body."""
    return control.dashboard.cancel_refund(refund)


@ROUTES.get("/emulator/disputes")
def disputes(control: Control, _: Json) -> list[Json]:
    """All disputes, oldest first."""
    return control.dashboard.disputes()


@ROUTES.post("/emulator/disputes")
def open_dispute(control: Control, body: Json) -> Json:
    """{"payment": "pi_...", "amount"?: n, "reason"?: "fraudulent", "inquiry"?: true}."""
    return control.dashboard.open_dispute(
        required_text(body, "payment"),
        amount(body, "amount"),
        text(body, "reason"),
        inquiry=boolean(body, "inquiry"),
    )


@ROUTES.post("/emulator/disputes/{dispute}/decide")
def decide_dispute(control: Control, body: Json, dispute: str) -> Json:
    """{"outcome": "won"|"lost"|"warning_closed"}."""
    return control.dashboard.decide_dispute(dispute, required_text(body, "outcome"))


@ROUTES.post("/emulator/disputes/{dispute}/escalate")
def escalate_inquiry(control: Control, _: Json, dispute: str) -> Json:
    """No body."""
    return control.dashboard.escalate_inquiry(dispute)


@ROUTES.post("/emulator/disputes/{dispute}/appeal")
def appeal_dispute(control: Control, _: Json, dispute: str) -> Json:
    """No body."""
    return control.dashboard.appeal_dispute(dispute)
