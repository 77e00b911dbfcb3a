/** checkout.html?courseId=...: the order, a discount code, and the provider's payment form. */

import { mountCouponField } from "../coupon_field.js";
import { createEmbeddedForm } from "../embedded_form.js";
import { keepCoupon, keptCoupon } from "../kept_coupon.js";
import { canAskAgain, isCouponRefusal, isTestMode, isUnderWay, noPaymentReason, timeLeft } from "../logic/checkout.js";
import { showAmounts, showCourse } from "../order_summary.js";
import { withRetry } from "../retry.js";
import { start } from "../start.js";
import { button, setBusy, showError, showNotice, showOutcome, slot } from "../ui.js";

const OUTCOMES = {
  enrolled: { tone: "good", mark: "check", title: "You are enrolled", text: "This course is on your dashboard." },
  free: { tone: "good", mark: "check", title: "This course is free", text: "Enroll in it on the dashboard; there is nothing to pay." },
  underWay: { tone: "warn", mark: "clock", title: "Nothing to pay now" },
  soon: { tone: "wait", mark: "clock", title: "Coming soon", text: "This course is not open for enrollment yet." },
};

/** Shows the course, opens the checkout and mounts the form; says so when there is nothing to pay. */
export async function mountCheckout(root, app) {
  const courseId = new URLSearchParams(location.search).get("courseId") ?? "";
  const summary = slot(root, "summary");
  const notice = slot(root, "pay-notice");
  const mountPoint = slot(root, "mount");
  const form = createEmbeddedForm(app.settings, mountPoint);
  const testCard = slot(root, "test-mode");
  let field = null;
  let expiry = null;

  form.preload();
  const course = await withRetry(() => app.api.course(courseId));
  showCourse(summary, course, app);
  document.title = `${course.name}: checkout · LearnerMax`;
  const reason = noPaymentReason(course);
  if (reason) return finish(OUTCOMES[reason]);
  if (app.hasFeature("coupons")) field = mountCouponField(slot(root, "coupon"), { courseId, app, apply, remove });
  return begin();

  /** Opens the checkout (the open one, when there is one) and shows its form; errors are shown with a way on. */
  async function begin() {
    setWaiting(true);
    try {
      await openOnKeptTerms();
    } catch (error) {
      await hideForm();
      if (isUnderWay(error)) return finish({ ...OUTCOMES.underWay, text: error.message });
      showError(notice, error, canAskAgain(error) ? begin : null);
    }
    return setWaiting(false);
  }

  /** With the code that this tab applied before; when that no longer holds, without, and it says so. */
  async function openOnKeptTerms() {
    const code = field && keptCoupon(courseId);
    if (!code) return open();
    try {
      const { discountAmount, currency } = await open(code);
      if (discountAmount > 0) field.showApplied(code, discountAmount, currency);
      return undefined;
    } catch (error) {
      if (!isCouponRefusal(error)) throw error;
      keepCoupon(courseId, null);
      const answer = await open();
      field.refuse(error.message);
      return answer;
    }
  }

  /** What POST /api/enrollments answered, after showing it. Throws ApiError or FormError. */
  async function open(couponCode) {
    const answer = await withRetry(() => app.api.enroll(courseId, couponCode), { onWait: sayWaiting });
    notice.hidden = true;
    mountPoint.hidden = false;
    if (answer.status === "active") {
      await finish(OUTCOMES.enrolled);
      return answer;
    }
    showAmounts(summary, answer, app);
    await form.show(answer.clientSecret);
    testCard.hidden = !isTestMode(app.settings.stripePublishableKey);
    watchExpiry(answer.expiresAt);
    return answer;
  }

  /** The coupon field's way in: the discount that the checkout got. When the code is refused, the old form returns. */
  async function apply(code, quote) {
    if (quote.finalAmount === 0) return offerForFree(code, quote);
    setWaiting(true);
    try {
      const { discountAmount = quote.discountAmount } = await open(code);
      keepCoupon(courseId, code);
      return discountAmount;
    } catch (error) {
      keepCoupon(courseId, null);
      await begin();
      throw error;
    } finally {
      setWaiting(false);
    }
  }

  function remove() {
    keepCoupon(courseId, null);
    return begin();
  }

  /** Nothing left to pay: the student says yes once more, and no form is needed. */
  async function offerForFree(code, quote) {
    await hideForm();
    showAmounts(summary, { ...quote, amount: quote.discountAmount }, app);
    const text = `With ${code} there is nothing to pay.`;
    const control = button("Enroll now", async () => {
      if (control.getAttribute("aria-disabled") === "true") return;
      setBusy(control, true, "Enrolling…");
      setWaiting(true);
      await open(code).catch((error) => showError(notice, error, begin));
      setWaiting(false);
      slot(root, "title")?.focus();
    });
    control.classList.remove("button-quiet");
    showNotice(notice, { tone: "good", text }).append(control);
    return quote.discountAmount;
  }

  /** Takes the form away, and with it the card to try it with. */
  async function hideForm() {
    await form.close();
    mountPoint.hidden = true;
    testCard.hidden = true;
  }

  function watchExpiry(expiresAt) {
    clearTimeout(expiry);
    const left = timeLeft(expiresAt);
    if (left === null) return;
    const text = "This checkout has probably timed out. Nothing was charged if you have not paid yet.";
    expiry = setTimeout(() => showNotice(notice, { tone: "warn", text, retry: begin, retryLabel: "Start again" }), left);
  }

  /** While a checkout is being opened nobody pays in the old form or sends another code. */
  function setWaiting(waiting) {
    slot(root, "coupon-controls").disabled = waiting;
    mountPoint.inert = waiting;
    mountPoint.setAttribute("aria-busy", String(waiting));
  }

  function sayWaiting() {
    showNotice(notice, { tone: "warn", text: "The payment service is busy. We keep trying; nothing has been charged." });
  }

  async function finish(outcome) {
    clearTimeout(expiry);
    await form.close();
    for (const part of [slot(root, "coupon"), slot(summary, "lines"), slot(summary, "promises")]) part.hidden = true;
    slot(root, "pay-side").replaceChildren(showOutcome(outcome));
  }
}

start(mountCheckout);
