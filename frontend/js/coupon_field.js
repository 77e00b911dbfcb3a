/** The discount code under the order: checked with the API first, then applied to the checkout. */

import { couponMessage, isCouponCode } from "./logic/messages.js";
import { formatMoney } from "./logic/money.js";
import { setBusy, slot } from "./ui.js";

/**
 * Mounts the field and answers with what the page may tell it: `showApplied(code, discount, currency)`, `refuse(text)`.
 * `apply(code, quote)` re-creates the checkout with the code and answers with the discount that it really got, in
 * minor units; an error it throws is shown here. `remove()` re-creates it without.
 */
export function mountCouponField(form, { courseId, app, apply, remove }) {
  const input = form.elements.coupon;
  const control = form.querySelector("[type=submit]");
  const removal = slot(form, "coupon-remove");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (control.getAttribute("aria-disabled") !== "true") submit();
  });
  removal.addEventListener("click", () => {
    input.value = "";
    say("Code removed.");
    remove();
  });
  form.hidden = false;
  return { showApplied, refuse };

  async function submit() {
    const code = input.value.trim().toUpperCase();
    say("");
    if (!isCouponCode(code)) return refuse(code ? couponMessage("coupon_not_found") : "Please enter a code.");
    setBusy(control, true, "Applying…");
    try {
      const quote = await app.api.validateCoupon(code, courseId);
      if (!quote.isValid) return refuse(couponMessage(quote.reason, quote.message));
      return showApplied(code, await apply(code, quote), quote.currency);
    } catch (error) {
      return refuse(error.message);
    } finally {
      setBusy(control, false, "Apply");
    }
  }

  function showApplied(code, discount, currency) {
    input.value = code;
    say(`${code} applied: you save ${formatMoney(discount, currency, app.locale)}.`, "good");
  }

  function refuse(text) {
    say(text, "bad");
    input.focus();
  }

  function say(text, tone = "") {
    const message = slot(form, "coupon-message");
    message.textContent = text;
    message.className = tone ? `coupon-message is-${tone}` : "coupon-message";
    removal.hidden = tone !== "good";
    if (tone === "bad") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}
