/** What a line of "My bookings" shows, from a payment session as the API sends it. */

import { formatMoney } from "./money.js";

const STATUS = {
  pending: { label: "Waiting for payment", tone: "accent", note: "The checkout is open. Nothing has been charged." },
  processing: { label: "Bank is confirming", tone: "warn", note: "We enroll you as soon as your bank confirms." },
  completed: { label: "Paid", tone: "good", note: "" },
  cancelled: { label: "Cancelled", tone: "plain", note: "Nothing was charged." },
  cancelling: { label: "Cancelling", tone: "plain", note: "We are closing this checkout. Nothing more to do." },
  expired: { label: "Expired", tone: "plain", note: "This checkout ended without a payment. Nothing was charged." },
  failed: { label: "Payment failed", tone: "bad", note: "The payment did not go through. Nothing was charged." },
  review: {
    label: "Being checked",
    tone: "warn",
    note: "We received a payment and a person checks it. You do not need to pay again.",
  },
};

/**
 * `{title, label, tone, note, total, list, coupon, date, canCancel, canContinue}`; `list` is the price before the
 * discount, null without one. An unknown status is shown as it is and offers nothing.
 */
export function bookingOf(session, locale = "en-US") {
  const status = STATUS[session.status] ?? { label: String(session.status), tone: "plain", note: "" };
  const total = session.finalAmount ?? session.amount - (session.discountAmount ?? 0);
  const pending = session.status === "pending";
  return {
    title: session.courseName || session.courseId,
    ...status,
    total: formatMoney(total, session.currency, locale),
    list: session.discountAmount > 0 ? formatMoney(session.amount, session.currency, locale) : null,
    coupon: session.couponCode || null,
    date: dayOf(session.createdAt, locale),
    canCancel: pending,
    canContinue: pending && session.uiMode !== "hosted",
  };
}

function dayOf(createdAt, locale) {
  const moment = new Date(createdAt);
  if (Number.isNaN(moment.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(moment);
}
