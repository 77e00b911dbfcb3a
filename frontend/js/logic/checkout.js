/** What the checkout page shows, decided from the course and from what POST /api/enrollments answered. */

import { formatMoney } from "./money.js";

/** Why a course needs no payment form, or null when it does: "soon" or "free". */
export function noPaymentReason(course) {
  if (course.comingSoon) return "soon";
  return course.pricingModel === "free" ? "free" : null;
}

/**
 * The lines of the order summary: `{price, discount, total}` as text; discount is null when there is none.
 * `amount` is the list price and `finalAmount` what is charged; without it, the difference is.
 */
export function summaryOf({ amount, discountAmount = 0, finalAmount, currency }, locale) {
  const total = finalAmount ?? amount - discountAmount;
  return {
    price: formatMoney(total + discountAmount, currency, locale),
    discount: discountAmount > 0 ? formatMoney(-discountAmount, currency, locale) : null,
    total: formatMoney(total, currency, locale),
  };
}

/** Milliseconds until the checkout times out; null when the API did not say, or when it is too far to wait for. */
export function timeLeft(expiresAt, now = Date.now()) {
  const moment = typeof expiresAt === "number" ? expiresAt * 1000 : Date.parse(expiresAt ?? "");
  if (Number.isNaN(moment)) return null;
  const left = Math.max(0, moment - now);
  return left > 2 ** 31 - 1 ? null : left;
}

/** True for a publishable key of a sandbox: no real money moves. */
export function isTestMode(publishableKey) {
  return typeof publishableKey === "string" && publishableKey.startsWith("pk_test_");
}

const UNDER_WAY = new Set(["payment_processing", "payment_in_review"]);

/** True when money for this course is on its way already: the student must not be asked to pay again. */
export function isUnderWay({ code }) {
  return UNDER_WAY.has(code);
}

/** True when a checkout was refused for its discount code only, so that without it, it may open. */
export function isCouponRefusal({ status, code = "" }) {
  return status === 422 || code.startsWith("coupon_");
}

/**
 * True when asking again may help; false when only waiting or leaving does. What is no answer of the API at all
 * (no status) counts as passing.
 */
export function canAskAgain({ status, code }) {
  return !status || status === 429 || status >= 500 || code === "checkout_in_progress";
}
