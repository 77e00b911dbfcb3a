/** Payments: those that wait for a decision, all others by status and course, and one by any of its numbers. */

import { withRetry } from "../app.js";
import { button, day, dayAndTime, el, isBusy, money, setBusy, showError, showNotice, t } from "../ui.js";
import { field, head, input, nothing, officePage, order, panel, paymentBadge, select, table, tablePanel } from "./parts.js";

const STATUSES = ["completed", "processing", "pending", "refunded", "charged_back", "closed", "failed", "expired", "cancelled"];

/** Shows the payments in review, and where the API lists them, all others. */
export async function show({ view, app, desk, query }) {
  const reviews = await withRetry(() => desk.reviews());
  view.replaceChildren(
    head(t("office.payments"), t("office.paymentsLead")),
    panel(t("office.findPayment"), finder(desk)),
    reviews.length === 0
      ? el("p", { class: "note" }, t("office.nothingWaits"))
      : tablePanel(t("office.waiting"), null, table(t("office.waiting"),
        [[t("office.order")], [t("office.course")], [t("office.since")], [t("office.status")], [t("office.received"), "num"]],
        reviews.map((payment) => [
          el("a", { href: officePage("payment", { id: payment.id }) }, t(`office.reason.${payment.reviewReason ?? "other"}`)),
          payment.courseName,
          day(payment.reviewSince),
          paymentBadge(payment),
          payment.received === undefined ? t("office.unknown") : money(payment.received, payment.receivedCurrency),
        ]))));
  if (await desk.offers("GET /api/admin/payments/{id}/history")) view.append(...(await listed(app, desk, query)));
}

/** A field for an order number, as students see it under Purchases; or a provider's, where the API takes one. */
export function finder(desk) {
  return order({
    label: t("office.find"),
    busy: t("office.finding"),
    testid: "find-payment",
    line: true,
    quiet: true,
    fields: field(t("office.order"), input("order-number", { required: true, maxlength: "255", placeholder: "ps_", spellcheck: "false" }), t("office.orderHint")),
    send: async (form, message) => {
      const wanted = form.elements["order-number"].value.trim();
      if (wanted.startsWith("ps_") || !(await desk.offers("GET /api/admin/payments/{id}/history"))) return location.assign(officePage("payment", { id: wanted }));
      const [found] = await withRetry(() => desk.paymentsBy(wanted));
      if (found) return location.assign(officePage("payment", { id: found.id }));
      return showNotice(message, { text: t("office.noPaymentText", { id: wanted }) });
    },
  });
}

/** A table of payments, each leading to its page. */
export function paymentTable(caption, payments) {
  return table(caption,
    [[t("office.course")], [t("office.when")], [t("office.status")], [t("office.kept"), "num"]],
    payments.map((payment) => [
      el("a", { href: officePage("payment", { id: payment.id }) }, payment.courseName),
      dayAndTime(payment.createdAt),
      paymentBadge(payment),
      payment.kept === undefined ? "" : money(payment.kept, payment.receivedCurrency ?? payment.currency),
    ]));
}

async function listed(app, desk, query) {
  const { courses } = await withRetry(() => app.api.courses());
  const wanted = Object.fromEntries(["status", "course"].filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  const box = el("div", {});
  const more = button(t("office.older"), load);
  const errors = el("div", {});
  let payments = [];
  let next = null;
  await load();
  return [
    el("h2", { class: "office-section" }, t("office.allPayments")),
    order({
      label: t("office.show"),
      busy: t("office.finding"),
      testid: "list-payments",
      line: true,
      quiet: true,
      fields: [
        field(t("office.status"), select("status", [["", t("office.everyStatus")], ...STATUSES.map((name) => [name, t(`office.status.${name}`)])], query.get("status"))),
        field(t("office.course"), select("course", [["", t("office.everyCourse")], ...courses.map(({ courseId, name }) => [courseId, name])], query.get("course"))),
      ],
      send: (form) => {
        const chosen = ["status", "course"].map((name) => [name, form.elements[name].value]).filter(([, value]) => value);
        location.assign(officePage("payments", Object.fromEntries(chosen)));
      },
    }),
    box, errors, el("p", { class: "actions" }, more),
  ];

  async function load() {
    if (isBusy(more)) return;
    setBusy(more, true, t("office.older"));
    try {
      const page = await withRetry(() => desk.payments(wanted, next));
      payments = [...payments, ...page.payments];
      next = page.next;
      box.replaceChildren(payments.length === 0 ? nothing(t("office.noneListed"), t("office.noneListedText")) : el("section", { class: "panel office-flush" }, paymentTable(t("office.allPayments"), payments)));
    } catch (error) {
      showError(errors, error, load);
    }
    setBusy(more, false, t("office.older"));
    more.hidden = next === null;
  }
}
