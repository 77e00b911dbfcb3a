/** Payments: those that wait for a decision, all others by status and course, and one by any of its numbers. */

import { withRetry } from "../app.js";
import { button, day, el, isBusy, money, setBusy, showError, t } from "../ui.js";
import { field, finder, head, nothing, officePage, order, panel, paymentBadge, paymentTable, select, table, tablePanel } from "./parts.js";

const STATUSES = ["completed", "processing", "pending", "refunded", "charged_back", "closed", "failed", "expired", "cancelled"];

/** Shows the payments in review, and below them all others. */
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
  view.append(...(await listed(app, desk, query)));
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
