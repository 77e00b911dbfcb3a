/** Payments: those that wait for a decision, and one by its order number. */

import { withRetry } from "../app.js";
import { day, el, money, t } from "../ui.js";
import { field, head, input, nothing, officePage, order, panel, paymentBadge, table } from "./parts.js";

/** Shows the payments in review and a field for an order number. */
export async function show({ view, desk }) {
  const reviews = await withRetry(() => desk.reviews());
  view.replaceChildren(
    head(t("office.payments"), t("office.paymentsLead")),
    panel(t("office.findPayment"), finder()),
    reviews.length === 0
      ? nothing(t("office.nothingWaits"), t("office.nothingWaitsText"))
      : el("section", { class: "panel office-flush" }, table(t("office.waiting"),
        [[t("office.order")], [t("office.course")], [t("office.since")], [t("office.status")], [t("office.received"), "num"]],
        reviews.map((payment) => [
          el("a", { href: officePage("payment", { id: payment.id }) }, t(`office.reason.${payment.reviewReason ?? "other"}`)),
          payment.courseName,
          day(payment.reviewSince),
          paymentBadge(payment.status),
          payment.received === undefined ? t("office.unknown") : money(payment.received, payment.receivedCurrency),
        ]))));
}

/** A field for an order number, as students see it under Purchases. */
export function finder() {
  return order({
    label: t("office.find"),
    busy: t("office.finding"),
    testid: "find-payment",
    fields: field(t("office.order"), input("order-number", { required: true, pattern: "\\s*ps_[A-Za-z0-9_\\-]+\\s*", placeholder: "ps_", spellcheck: "false" }), t("office.orderHint")),
    send: (form) => {
      location.assign(officePage("payment", { id: form.elements["order-number"].value.trim() }));
    },
  });
}
