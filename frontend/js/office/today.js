/** Today: what needs a person, what was sold, and the way to one payment. */

import { withRetry } from "../app.js";
import { dayBefore, waitOf } from "../logic/office.js";
import { button, day, el, icon, money, t } from "../ui.js";
import { chartsOf } from "./figures.js";
import { head, officePage, panel } from "./parts.js";
import { finder } from "./payments.js";

/** Shows what waits first; the sales follow when they have been counted. */
export async function show({ view, desk }) {
  const reviews = await withRetry(() => desk.reviews());
  const sales = panel(t("office.sales"), el("p", { class: "note" }, t("office.counting")));
  view.replaceChildren(
    head(t("office.today"), day(new Date().toISOString())),
    el("div", { class: "office-columns" }, el("div", { class: "stack" }, waiting(reviews), panel(t("office.findPayment"), finder(desk))), sales));
  await count();

  async function count() {
    const heading = el("h2", { class: "panel-title" }, t("office.sales"));
    try {
      const today = new Date().toISOString().slice(0, 10);
      const from = dayBefore(today, 29);
      const figures = await withRetry(() => desk.figures(from, today, "day"));
      const more = el("p", {}, el("a", { href: officePage("figures") }, t("office.allFigures")));
      return sales.replaceChildren(heading, ...chartsOf(figures, from, today, { table: false }), more);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (error.status === 403) return sales.remove(); // not for everybody of the school
      return sales.replaceChildren(heading, el("p", { class: "note", role: "alert" }, t("office.notCounted")),
        el("p", { class: "actions" }, button(t("action.again"), count)));
    }
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
