/** The paying half of the checkout page: opening the checkout, its discount code, its form, and what becomes of it. */

import { afterAWhile, announceLate, withRetry } from "./app.js";
import { mountCouponField } from "./coupon_field.js";
import { createEmbeddedForm } from "./embedded_form.js";
import { askAfter, checkoutOf, EMBEDDED, freshness, isCouponRefusal, isTestMode, isUnderWay, noPaymentReason, providersOf, summaryOf } from "./logic/checkout.js";
import { canAskAgain, coursePage, learnPage, MY_COURSES, PURCHASES } from "./logic/common.js";
import { openTerms } from "./logic/purchases.js";
import { button, el, hasText, isBusy, linkButton, sentenceOf, setBusy, showError, showNotice, slot, t } from "./ui.js";

/**
 * Opens the checkout of `course` and mounts the form. `code` is a discount code from the address, `sessions` the
 * student's payment sessions; `order` shows amounts and outcomes on the page.
 */
export async function mountForm(root, app, { course, code, sessions, order }) {
  const courseId = course.courseId;
  const notice = slot(root, "pay-notice");
  const mountPoint = slot(root, "mount");
  const testCard = slot(root, "test-mode");
  const reason = noPaymentReason(course);
  if (reason) return order.finish(outcome[reason](course));

  const settings = await app.settings();
  const form = createEmbeddedForm(settings, mountPoint);
  const { names: providers, first, offered } = providersOf(settings, sessions, courseId);
  if (providers.length === 0) return order.finish(outcome.paused(course));
  let provider = first;
  if (providers.includes(EMBEDDED)) form.preload();
  if (providers.length > 1) slot(root, "providers").replaceChildren(choice());
  slot(root, "pay-side").classList.remove("is-undecided");
  const field = settings.features?.coupons === true ? mountCouponField(root, { courseId, app, apply, remove }) : null;
  if (!field) slot(root, "code-fold").hidden = true;
  let kept = field ? code?.trim().toUpperCase() || openTerms(sessions, courseId) : null;
  let opened = null;
  let timer = null;
  let checking = false;
  for (const event of ["visibilitychange", "focus"]) addEventListener(event, lookAgain);
  return begin();

  /** Opens the checkout (the open one, when there is one) and shows its form; errors are shown with a way on. */
  async function begin() {
    setWaiting(true);
    try {
      await openOnKeptTerms();
    } catch (error) {
      await hideForm();
      if (!isAnEnd(error)) showError(notice, error, canAskAgain(error) ? begin : null);
    }
    setWaiting(false);
  }

  /* Whether nothing can be paid here, now or at all; what then helps stands in place of the form. */
  function isAnEnd(error) {
    if (isUnderWay(error)) order.finish(outcome.underWay(course, sentenceOf(error)));
    else if (hasText(`cannot.${error.code}`)) order.finish(outcome.cannot(course, error, app.school));
    else return false;
    return true;
  }

  /* With the code of the address or of the open checkout; when it does not hold any more, without, and it says so. */
  async function openOnKeptTerms() {
    if (provider !== EMBEDDED) return offerTheirPage();
    if (!kept) return open();
    try {
      const quote = await app.api.validateCoupon(kept, courseId).catch(() => null);
      if (quote?.isValid && quote.finalAmount === 0) {
        field.showApplied(kept, await offerForFree(kept, quote), quote.currency);
        return undefined;
      }
      const { discountAmount, currency } = await open(kept);
      if (discountAmount > 0) field.showApplied(kept, discountAmount, currency);
      return undefined;
    } catch (error) {
      if (!isCouponRefusal(error)) throw error;
      kept = null;
      await open();
      return field.refuse(sentenceOf(error));
    }
  }

  /** What POST /api/enrollments answered, after showing it. Throws ApiError or FormError. */
  async function open(couponCode) {
    const chosen = provider;
    const named = providers.length > 1 && offered.includes(provider) ? provider : null; // else the open one is found again
    const answer = await withRetry(() => app.api.enroll(courseId, couponCode, named), { onWait: sayBusy });
    if (chosen !== provider && answer.status !== "active") return answer; // another way was chosen in the meantime
    notice.hidden = true;
    mountPoint.hidden = false;
    if (answer.status === "active") {
      await finish(outcome.enrolled(course));
      return answer;
    }
    order.showAmounts(summaryOf(answer));
    if (answer.redirectUrl) {
      location.assign(answer.redirectUrl);
      return answer;
    }
    const shown = afterAWhile(() => announceLate(mountPoint, t("checkout.formSlow")));
    await form.show(answer.clientSecret).finally(shown);
    if (chosen !== provider) return answer;
    testCard.hidden = !isTestMode(settings.stripePublishableKey);
    opened = answer;
    watch(answer.expiresAt);
    return answer;
  }

  /* Which way to pay: asked only where there are several. */
  function choice() {
    const labelOf = (name) => (hasText(`provider.${name}`) ? t(`provider.${name}`) : name);
    const radios = providers.map((name) => {
      const control = el("input", { type: "radio", name: "provider", value: name, checked: name === provider, "data-testid": `provider-${name}` });
      control.addEventListener("change", () => {
        provider = name;
        begin();
      });
      return el("label", { class: "pay-choice" }, control, el("span", {}, labelOf(name)));
    });
    return el("fieldset", { class: "pay-choices" }, el("legend", { class: "label" }, t("checkout.how")), radios);
  }

  /* A provider with a page of its own: the page says so and leads there; nothing is opened before. */
  async function offerTheirPage() {
    await hideForm();
    const label = hasText(`provider.${provider}`) ? t(`provider.${provider}`) : provider;
    const quote = kept ? await app.api.validateCoupon(kept, courseId).catch(() => null) : null;
    if (!quote?.isValid) order.showPrice();
    else {
      order.showAmounts(summaryOf({ ...quote, amount: quote.finalAmount + quote.discountAmount }));
      field.showApplied(kept, quote.discountAmount, quote.currency);
    }
    const control = button(t("checkout.goTo", { provider: label }), async () => {
      if (isBusy(control)) return;
      setBusy(control, true, t("checkout.opening"));
      await open(kept).catch((error) => {
        if (isAnEnd(error)) return;
        if (isCouponRefusal(error)) field?.refuse(sentenceOf(error));
        showError(notice, error, begin);
      });
    }, { class: "button", "data-testid": "go-to-provider" });
    showNotice(notice, { text: t("checkout.theirPage", { provider: label }), actions: [control] });
  }

  /** The coupon field's way in: the discount that the checkout got. When the code is refused, the old form returns. */
  async function apply(wanted, quote) {
    if (quote.finalAmount === 0) return offerForFree(wanted, quote);
    if (provider !== EMBEDDED) {
      order.showAmounts(summaryOf({ ...quote, amount: quote.finalAmount + quote.discountAmount }));
      kept = wanted;
      return quote.discountAmount;
    }
    setWaiting(true);
    try {
      const { discountAmount = quote.discountAmount } = await open(wanted);
      kept = wanted;
      return discountAmount;
    } catch (error) {
      await begin();
      throw error;
    } finally {
      setWaiting(false);
    }
  }

  function remove() {
    kept = null;
    history.replaceState(null, "", `?${new URLSearchParams({ courseId })}`);
    return begin();
  }

  /** Nothing left to pay: the student says yes once more, and no form is needed. */
  async function offerForFree(wanted, quote) {
    await hideForm();
    order.showAmounts(summaryOf({ ...quote, amount: quote.discountAmount }));
    const control = button(t("checkout.enrollFree"), async () => {
      if (isBusy(control)) return;
      setBusy(control, true, t("checkout.enrolling"));
      setWaiting(true);
      await open(wanted).catch((error) => showError(notice, error, begin));
      setWaiting(false);
    }, { class: "button" });
    showNotice(notice, { tone: "good", text: t("checkout.nothingLeft", { code: wanted }), actions: [control] });
    return quote.discountAmount;
  }

  /* Takes the form away, and with it the card to try it with. */
  async function hideForm() {
    clearTimeout(timer);
    opened = null;
    await form.close();
    mountPoint.hidden = true;
    testCard.hidden = true;
  }

  async function finish(what) {
    clearTimeout(timer);
    opened = null;
    await form.close();
    order.finish(what);
  }

  /* When its time should be over, the API is asked, whatever this machine's clock says. */
  function watch(expiresAt) {
    clearTimeout(timer);
    const wait = askAfter(expiresAt);
    if (wait !== null) timer = setTimeout(() => check(true), wait);
  }

  /* Another tab or device may have changed, paid or ended this checkout while this one was out of sight. */
  function lookAgain() {
    if (document.visibilityState === "visible") check(false);
  }

  async function check(settle) {
    const shown = opened;
    if (!shown || checking || !shown.paymentSessionId) return;
    checking = true;
    try {
      if (settle) await app.api.checkout(checkoutOf(shown.clientSecret) ?? "").catch(() => null);
      const session = await app.api.session(shown.paymentSessionId);
      if (opened !== shown) return;
      const now = freshness(session.status);
      if (now === "open") watch(settle ? null : shown.expiresAt);
      if (now === "open" && settle) timer = setTimeout(() => check(true), 60_000);
      if (now === "paid") await finish(outcome.enrolled(course));
      if (now === "waiting") await finish(outcome.underWay(course, t(`course.${session.status}Text`)));
      if (now === "over") await showOver(session.status);
    } catch (error) {
      if (error.status === undefined) throw error; // an answer that did not come changes nothing that is shown
    } finally {
      checking = false;
    }
  }

  async function showOver(status) {
    await hideForm();
    const text = t(status === "cancelled" ? "checkout.replaced" : "checkout.over");
    const again = button(t("checkout.startAgain"), begin, { class: "button" });
    showNotice(notice, { tone: "warn", text, actions: [again] });
  }

  /* While a checkout is being opened nobody pays in the old form or sends another code. */
  function setWaiting(waiting) {
    slot(root, "coupon-controls").disabled = waiting;
    mountPoint.inert = waiting;
    mountPoint.setAttribute("aria-busy", String(waiting));
  }

  function sayBusy() {
    showNotice(notice, { tone: "warn", text: t("checkout.busy") });
  }
}

/* An outcome without a payment, with the way back to the course. ``text`` names the title; its sentence is there as ``<text>Text``. */
function withoutPayment({ courseId }, text, look = { tone: "wait", mark: "clock" }) {
  return { ...look, title: t(text), text: t(`${text}Text`), actions: [linkButton(coursePage(courseId), t("course.see"))] };
}

const outcome = {
  enrolled: ({ courseId, name }) => ({
    tone: "good",
    mark: "check",
    title: t("checkout.enrolled"),
    text: t("checkout.enrolledText", { name }),
    actions: [linkButton(learnPage(courseId), t("course.start")), linkButton(MY_COURSES, t("nav.mine"), { class: "button button-quiet" })],
  }),
  free: (course) => withoutPayment(course, "checkout.free", { tone: "good", mark: "check" }),
  soon: (course) => withoutPayment(course, "checkout.soon"),
  paused: (course) => withoutPayment(course, "checkout.paused"),
  cannot: ({ courseId }, error, { contact }) => ({
    tone: "warn",
    mark: "clock",
    title: t(`cannot.${error.code}`),
    text: sentenceOf(error),
    actions: [
      linkButton(coursePage(courseId), t("course.see")),
      contact && linkButton(`mailto:${contact}`, t("cannot.ask"), { class: "button button-quiet" }),
    ].filter(Boolean),
  }),
  underWay: (_course, text) => ({
    tone: "warn",
    mark: "clock",
    title: t("checkout.underWay"),
    text,
    actions: [linkButton(PURCHASES, t("return.toPurchases")), linkButton(MY_COURSES, t("nav.mine"), { class: "button button-quiet" })],
  }),
};
