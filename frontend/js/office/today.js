/** Today: what needs a person, what was sold, and the way to one payment or student. */

import { withRetry } from "../app.js";
import { salesByDay, waitOf } from "../logic/office.js";
import { button, day, el, icon, money, t } from "../ui.js";
import { bars, csvButton, head, officePage, panel, table } from "./parts.js";
import { finder } from "./payments.js";

/** Shows what waits first; the sales follow when they have been counted. */
export async function show({ view, app, desk }) {
  const [reviews, courses] = await withRetry(() => Promise.all([desk.reviews(), app.api.courses()]));
  const sales = panel(t("office.sales"), el("p", { class: "note" }, t("office.counting")));
  view.replaceChildren(
    head(t("office.today"), day(new Date().toISOString())),
    el("div", { class: "office-columns" }, el("div", { class: "stack" }, waiting(reviews), panel(t("office.findPayment"), finder())), sales));
  try {
    const lists = await Promise.all(courses.courses.map((course) => desk.enrollmentsIn(course.courseId)));
    sales.replaceChildren(...soldIn(lists.flat()));
  } catch (error) {
    if (error.status === undefined) throw error;
    sales.replaceChildren(el("h2", { class: "panel-title" }, t("office.sales")), el("p", { class: "note", role: "alert" }, t("office.notCounted")),
      el("p", { class: "actions" }, button(t("action.again"), () => location.reload())));
  }
}

function waiting(reviews) {
  if (reviews.length === 0) {
    return panel(t("office.waiting"), el("p", {}, icon("check"), " ", t("office.nothingWaits")));
  }
  return panel(t("office.waiting"),
    el("p", { class: "note" }, t("office.waitingCount", { count: reviews.length })),
    el("ul", { class: "office-list" }, reviews.map((payment) => {
      const wait = waitOf(payment.reviewSince, Date.now());
      return el("li", {}, el("a", { href: officePage("payment", { id: payment.id }), "data-testid": `review-${payment.id}` },
        el("span", {}, el("b", {}, t(`office.reason.${payment.reviewReason ?? "other"}`)), el("br"),
          el("span", { class: "note" }, [
            payment.courseName, money(payment.received ?? payment.finalAmount, payment.receivedCurrency ?? payment.currency),
            wait && t(`office.wait.${wait.unit}`, { count: wait.count }),
          ].filter(Boolean).join(" · "))),
        icon("go")));
    })));
}

/* One chart per currency: sums of different ones mean nothing. */
function soldIn(enrollments) {
  const today = new Date().toISOString().slice(0, 10);
  const currencies = [...new Set(enrollments.filter(({ amount }) => amount > 0).map(({ currency }) => currency))].sort();
  const heading = el("h2", { class: "panel-title" }, t("office.sales"));
  if (currencies.length === 0) return [heading, el("p", {}, t("office.noSales"))];
  return [heading, ...currencies.flatMap((currency) => {
    const days = salesByDay(enrollments, currency, today);
    const total = days.reduce((sum, { amount }) => sum + amount, 0);
    const count = days.reduce((sum, entry) => sum + entry.count, 0);
    const best = days.reduce((one, other) => (other.amount > one.amount ? other : one));
    const sentence = t("office.salesSentence", { total: money(total, currency), count, best: money(best.amount, currency), day: day(best.day) });
    const sold = days.filter((entry) => entry.count > 0);
    return [
      el("p", { class: "office-sum" }, el("b", { "data-testid": `sales-${currency}` }, money(total, currency)), " ", el("span", { class: "note" }, t("office.salesCount", { count }))),
      bars(days.map((entry) => ({ label: entry.day, value: entry.amount })), sentence),
      el("p", { class: "small" }, sentence),
      el("details", {}, el("summary", {}, t("office.asTable")), table(t("office.sales"),
        [[t("office.day")], [t("office.orders"), "num"], [t("office.amount"), "num"]],
        sold.map((entry) => [day(entry.day), String(entry.count), money(entry.amount, currency)]))),
      el("p", { class: "actions" }, csvButton(`sales-${currency}-${today}`, ["day", "orders", "amount_minor_units", "currency"],
        days.map((entry) => [entry.day, entry.count, entry.amount, currency]))),
      el("p", { class: "small" }, t("office.salesNote")),
    ];
  })];
}
