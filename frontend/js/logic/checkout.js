/** What the checkout page shows, decided from the course and from what POST /api/enrollments answered. */

import { isFree } from "./common.js";

/** Why a course needs no payment form, or null when it does: "soon" or "free". */
export function noPaymentReason(course) {
  if (course.comingSoon) return "soon";
  return isFree(course) ? "free" : null;
}

/**
 * The lines of the order in minor units: `{price, discount, total, currency}`; discount is 0 when there is none.
 * `amount` is the list price and `finalAmount` what is charged; without it, the difference is.
 */
export function summaryOf({ amount, discountAmount = 0, finalAmount, currency }) {
  const total = finalAmount ?? amount - discountAmount;
  return { price: total + discountAmount, discount: discountAmount, total, currency };
}

/**
 * Milliseconds after which to ask whether a checkout still stands, by this machine's clock: never below a minute, for
 * the clock may be wrong and the answer alone counts; null when the API did not say, or it is too far to wait for.
 */
export function askAfter(expiresAt, now = Date.now()) {
  const moment = Date.parse(expiresAt ?? "");
  if (Number.isNaN(moment)) return null;
  const left = Math.max(60_000, moment - now);
  return left > 2 ** 31 - 1 ? null : left;
}

/** The provider's id of the checkout that a client secret opens; null for a secret of another kind. */
export function checkoutOf(clientSecret) {
  const [id, rest] = String(clientSecret ?? "").split("_secret_");
  return rest ? id : null;
}

/** The provider whose form this page can show; every other one has a page of its own. */
export const EMBEDDED = "stripe";

/**
 * The providers to choose from and the one to begin with: that of the checkout which is open for the course, else the
 * one with a form on this page, else the first. `names` is empty when nobody can pay at the moment. `offered` are those
 * of them where a new checkout can be opened: an open one can be finished where nothing new is sold.
 */
export function providersOf({ providers }, sessions, courseId) {
  const offered = providers?.map(({ name }) => name) ?? [EMBEDDED];
  const open = sessions.find((session) => session.courseId === courseId && session.status === "pending")?.provider;
  const names = open && !offered.includes(open) ? [...offered, open] : offered;
  const first = [open, EMBEDDED, names[0]].find((name) => names.includes(name));
  return { names, first, offered };
}

/** What a session says about a checkout that this page still shows: open, paid, waiting or over. */
export function freshness(status) {
  if (status === "pending") return "open";
  if (status === "completed") return "paid";
  return status === "processing" || status === "review" ? "waiting" : "over";
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

/** True for what can be a coupon code at all: 3 to 40 of A-Z, 0-9, "_" and "-", in any case. */
export function isCouponCode(text) {
  return /^[A-Z0-9_-]{3,40}$/i.test(text.trim());
}
