/** The discount code under the order, folded away: checked with the API first, then applied to the checkout. */

import { isCouponCode } from "./logic/checkout.js";
import { hasText, isBusy, money, sentenceOf, setBusy, slot, t } from "./ui.js";

/**
 * Mounts the field and answers with what the page may ask of it: `showApplied(code, discount, currency)`, `refuse(text)`.
 * `apply(code, quote)` re-creates the checkout with the code and answers with the discount that it really got, in
 * minor units; an error it throws is shown here. `remove()` re-creates it without.
 */
export function mountCouponField(root, { courseId, app, apply, remove }) {
  const fold = slot(root, "code-fold");
  const form = slot(root, "coupon");
  const input = form.elements.coupon;
  const control = form.querySelector("[type=submit]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isBusy(control)) submit();
  });
  slot(form, "coupon-remove").addEventListener("click", async () => {
    input.value = "";
    say(t("checkout.codeRemoved"));
    await remove();
    input.focus();
  });
  return { showApplied, refuse };

  async function submit() {
    const code = input.value.trim().toUpperCase();
    say("");
    if (!isCouponCode(code)) return refuse(t(code ? "coupon.coupon_not_found" : "checkout.enterCode"));
    setBusy(control, true, t("checkout.applying"));
    try {
      const quote = await app.api.validateCoupon(code, courseId);
      if (!quote.isValid) return refuse(reasonOf(quote));
      showApplied(code, await apply(code, quote), quote.currency);
      return slot(form, "coupon-remove").focus();
    } catch (error) {
      return refuse(sentenceOf(error));
    } finally {
      setBusy(control, false, t("checkout.apply"));
    }
  }

  function showApplied(code, discount, currency) {
    input.value = code;
    fold.open = true;
    say(t("checkout.applied", { code, amount: money(discount, currency) }), "good");
  }

  function refuse(text) {
    fold.open = true;
    say(text, "bad");
    input.focus();
  }

  function say(text, tone = "") {
    const message = slot(form, "coupon-message");
    message.textContent = text;
    message.className = tone ? `coupon-message is-${tone}` : "coupon-message";
    slot(form, "coupon-removal").hidden = tone !== "good";
    fold.classList.toggle("is-applied", tone === "good");
    if (tone === "bad") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

/* One of the API's codes has a sentence of ours; the API may learn new ones before the pages do. */
function reasonOf({ reason, message }) {
  return hasText(`coupon.${reason}`) ? t(`coupon.${reason}`) : message || t("coupon.other");
}
