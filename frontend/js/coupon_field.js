/** The discount code under the order: checked with the API first, then applied to the checkout. */

import { couponMessage, isCouponCode } from "./logic/messages.js";
import { formatMoney } from "./logic/money.js";
import { setBusy, slot } from "./ui.js";

/**
 * Mounts the field. `apply(code, quote)` re-creates the checkout with the code and answers with the discount that
 * it really got, in minor units; an error it throws is shown here.
 */
export function mountCouponField(form, { courseId, app, apply }) {
  const input = form.elements.coupon;
  const control = form.querySelector("[type=submit]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (control.getAttribute("aria-disabled") !== "true") submit();
  });
  form.hidden = false;

  async function submit() {
    const code = input.value.trim().toUpperCase();
    say("");
    if (!isCouponCode(code)) return refuse(code ? couponMessage("coupon_not_found") : "Please enter a code.");
    setBusy(control, true, "Applying…");
    try {
      const quote = await app.api.validateCoupon(code, courseId);
      if (!quote.isValid) return refuse(couponMessage(quote.reason, quote.message));
      const discount = await apply(code, quote);
      return say(`${code} applied: you save ${formatMoney(discount, quote.currency, app.locale)}.`, "good");
    } catch (error) {
      return refuse(error.message);
    } finally {
      setBusy(control, false, "Apply");
    }
  }

  function refuse(text) {
    say(text, "bad");
    input.focus();
  }

  function say(text, tone = "") {
    const message = slot(form, "coupon-message");
    message.textContent = text;
    message.className = tone ? `coupon-message is-${tone}` : "coupon-message";
    if (tone === "bad") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}
