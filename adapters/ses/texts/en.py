"""The mails in English."""

from __future__ import annotations

from adapters.ses.texts import Texts, Wording
from domain.messages import MessageKind

TEXTS = Texts(
    code="en",
    greeting="Hello,",
    greeting_name="Hello {name},",
    kinds={
        MessageKind.ENROLLED: Wording(
            subject="You are enrolled: {course}",
            sentences=("You are enrolled in {course} at {school}. You can start now.",),
            amount="Paid",
            link="Start learning",
        ),
        MessageKind.PAYMENT_FAILED: Wording(
            subject="Your payment did not arrive: {course}",
            sentences=(
                "Your bank did not carry out the payment for {course}, so you are not enrolled.",
                "Nothing was charged. You can try again at any time, also with another way to pay.",
            ),
            link="Try again",
        ),
        MessageKind.REFUND_MADE: Wording(
            subject="Your refund: {course}",
            sentences=("We have refunded you. Your bank may take some days to show it.",),
            amount="Refunded",
            link="Your purchases",
        ),
        MessageKind.ACCESS_ENDED: Wording(
            subject="Your enrollment has ended: {course}",
            sentences=(
                "Your enrollment in {course} has ended{reason}.",
                "Your progress is kept, should you come back.",
            ),
        ),
        MessageKind.REVIEW_OPENED: Wording(
            subject="A payment needs your decision: {course}",
            sentences=(
                "A payment was received that does not fit what was agreed. {reason}",
                "Please decide what becomes of it: enroll the student, refund the payment, or close the matter.",
            ),
            amount="Received",
            link="Open the payment",
        ),
        MessageKind.REFUND_FAILED: Wording(
            subject="A refund failed: {course}",
            sentences=(
                "The payment provider could not carry out a refund: the money is still here.",
                "Please ask the student for another way, and record it as a repayment once it is made.",
            ),
            amount="Refund",
            link="Open the payment",
        ),
        MessageKind.WAITLIST_SEAT: Wording(
            subject="A seat is free for you: {course}",
            sentences=(
                "You waited for a seat in {course} at {school}. Now there is one for you.",
                "We hold it for 48 hours{until}. After that it goes to the next in line.",
            ),
            link="Take your seat",
        ),
        MessageKind.DISPUTE_OPENED: Wording(
            subject="A payment is disputed: {course}",
            sentences=(
                "A student's bank has taken money back, or asks about a payment.",
                "Please answer with evidence in the provider's dashboard, in time.",
            ),
            amount="Disputed",
            link="Open the payment",
        ),
    },
    delayed="Your payment has arrived.",
    receipt="This is your receipt; the one of the payment provider is among your purchases.",
    access_ended="With it your enrollment in {course} has ended. Your progress is kept, should you come back.",
    access_kept="You keep your enrollment in {course}.",
    ends={
        "refunded": ", because its payment was refunded",
        "charged_back": ", because its payment was taken back by your bank",
        "disputed": " for as long as your bank examines its payment",
    },
    ask="If you think that this is a mistake, please write to {contact}.",
    reviews={
        "amount_mismatch": "The amount or the currency is not the one that was agreed.",
        "metadata_mismatch": "The provider's record of it names another student, course or price.",
        "other_checkout": "It was made at another checkout than the one that we know.",
        "other_mode": "It is a test payment in the live school, or the other way round.",
        "unexpected_free": "Nothing was received, though something was due.",
        "already_enrolled": "The student is enrolled in the course already.",
        "student_deleted": "The student's account was deleted.",
        "second_payment": "The student has paid for the course a second time.",
        "payment_reused": "The same payment was counted for another purchase before.",
        "refund_failed": "A refund of it has failed after the enrollment had ended.",
        "rebuilt": "It was found at the provider after a restore, and does not fit the catalogue.",
        "other_account": (
            "It was on its way when the keys of another account of the provider were set. "
            "Whether it arrived shows that account's dashboard alone."
        ),
    },
    course="Course",
    date_label="Date",
    price="Price",
    discount="Discount",
    reference="Reference",
    student="Student",
    payment="Payment",
    reason="Reason",
    respond_by="Answer by",
    date="%Y-%m-%d",
)
