/** Today: what needs a person, what was sold, and the latest payments. */

import { withRetry } from "../app.js";
import { dayBefore, sumOf, waitOf } from "../logic/office.js";
import { badge, button, day, el, icon, money, t } from "../ui.js";
import { chartsOf, finder, head, officePage, panel, paymentTable, tablePanel } from "./parts.js";

const LATEST = 8;
const NOTHING_CAME = new Set(["cancelled", "expired"]);

/** Shows what waits first; the sales follow when they have been counted. */
export async function show({ view, app, desk }) {
  const reviews = await withRetry(() => desk.reviews());
  const counts = desk.may("GET /api/admin/figures");
  const today = new Date().toISOString().slice(0, 10);
  const facts = el("dl", { class: "panel office-facts", "aria-busy": "true" });
  const sales = panel(t("office.sales"), el("p", { class: "note" }, t("office.counting")), el("div", { class: "chart-room", "aria-hidden": "true" }));
  const latest = el("div", { class: "stack" });
  const lead = day(new Date().toISOString(), { dateStyle: "full" });
  showFacts();
  view.replaceChildren(
    head(t("office.today"), lead,
      desk.may("GET /api/admin/audit") && link("records", t("office.records")), counts && link("figures", t("office.allFigures"))),
    ...(counts ? [facts] : []),
    el("div", { class: `office-columns${counts ? " is-right-wide" : ""}` }, ...(counts
      ? [el("div", { class: "office-view" }, waiting(reviews), panel(t("office.findPayment"), finder(desk))), sales]
      : [waiting(reviews), panel(t("office.findPayment"), finder(desk))])),
    latest);
  await Promise.all([counts && count(), showLatest()]);

  async function count() {
    const heading = el("h2", { class: "panel-title" }, t("office.sales"));
    try {
      const from = dayBefore(today, 29);
      const [figures, { currency }] = await withRetry(() => Promise.all([desk.figures(from, today, "day"), app.settings()]));
      showFacts(currency, figures.rows.filter((row) => row.day === today));
      return sales.replaceChildren(heading, ...chartsOf(figures, from, today, { table: false }));
    } catch (error) {
      if (error.status === undefined) throw error;
      facts.hidden = true;
      facts.removeAttribute("aria-busy");
      return sales.replaceChildren(heading, el("p", { class: "note", role: "alert" }, t("office.notCounted")),
        el("p", { class: "actions" }, button(t("action.again"), count)));
    }
  }

  /* Without rows the room that they will have, so that nothing moves when they come. */
  function showFacts(currency, given = null) {
    const rows = given ?? [];
    const currencies = [...new Set(rows.map((row) => row.currency).filter(Boolean))];
    const amounts = (name) => (currencies.length ? currencies : [currency].filter(Boolean)).map((each) => money(Math.abs(sumOf(rows, each, name)), each)).join(" · ");
    const all = (name) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);
    const fact = (key, value, note) => el("div", {}, el("dt", {}, t(key)), el("dd", {}, el("b", {}, given ? value : "…"), note && el("span", { class: "small" }, given ? note : "\u00a0")));
    facts.replaceChildren(
      fact("office.fact.sales", amounts("gross"), t("office.salesCount", { count: all("sales") })),
      fact("office.fact.enrollments", String(all("enrollments")), t("office.fact.ended", { count: all("ended") })),
      fact("office.fact.discounts", amounts("discounts"), t("office.fact.uses", { count: all("couponUses") })),
      fact("office.fact.refunds", amounts("refunds"), t("office.fact.refundsNote")));
    facts.hidden = false;
    if (given) facts.removeAttribute("aria-busy");
  }

  /* A help only: where they cannot be listed, the page is whole without them. */
  async function showLatest() {
    const { payments } = await withRetry(() => desk.payments({})).catch(() => ({ payments: [] }));
    const worth = payments.filter(({ status }) => !NOTHING_CAME.has(status)).slice(0, LATEST);
    if (worth.length === 0) return;
    const all = el("a", { class: "text-link", href: officePage("payments") }, t("office.allPayments"));
    latest.replaceChildren(tablePanel(t("office.latest"), all, paymentTable(t("office.latest"), worth)));
  }
}

function link(view, text) {
  return el("a", { class: "button button-quiet", href: officePage(view) }, text);
}

function waiting(reviews) {
  const title = t("office.waiting");
  const state = reviews.length === 0
    ? badge("good", "check", t("office.allDone"), { tabindex: null })
    : badge("bad", "alert", t("office.waitingBadge", { count: reviews.length }), { tabindex: null });
  return el("section", { class: "panel stack", "aria-label": title },
    el("div", { class: "office-panel-head" }, el("h2", { class: "panel-title" }, title), state),
    reviews.length === 0
      ? el("p", { class: "note" }, t("office.nothingWaitsText"))
      : el("ul", { class: "office-list" }, reviews.map((payment) => {
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
