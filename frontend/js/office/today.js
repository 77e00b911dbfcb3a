/** Today: what needs a person, what was sold, and the latest payments. */

import { withRetry } from "../app.js";
import { dayBefore, dayIn, isAnswerable, sumOf, waitOf } from "../logic/office.js";
import { badge, button, day, el, icon, money, t } from "../ui.js";
import { answerBy, chartsOf, finder, head, officePage, panel, paymentTable, tablePanel, zoneOf } from "./parts.js";

const LATEST = 8;
const NOTHING_CAME = new Set(["cancelled", "expired"]);

/** Shows what waits first; the day, the sales and open disputes follow when they are known. */
export async function show({ view, app, desk }) {
  const settings = app.settings();
  settings.catch(() => {}); // said where the sales stand
  const reviews = await withRetry(() => desk.reviews());
  const counts = desk.may("GET /api/admin/figures");
  const facts = el("dl", { class: "panel office-facts", "aria-busy": "true" });
  const sales = panel(t("office.sales"), el("p", { class: "note" }, t("office.counting")), el("div", { class: "chart-room", "aria-hidden": "true" }));
  const latest = el("div", { class: "stack" });
  const title = head(t("office.today"), "\u00a0",
    desk.may("GET /api/admin/audit") && link("records", t("office.records")), counts && link("figures", t("office.allFigures")));
  const waits = waiting(reviews);
  showFacts();
  view.replaceChildren(
    title,
    ...(counts ? [facts] : []),
    el("div", { class: `office-columns${counts ? " is-right-wide" : ""}` }, ...(counts
      ? [el("div", { class: "office-view" }, waits.panel, panel(t("office.findPayment"), finder(desk))), sales]
      : [waits.panel, panel(t("office.findPayment"), finder(desk))])),
    latest);
  await Promise.all([showDay(), counts && count(), showDisputes(), showLatest()]);

  /* The school's day, which is another than the reader's where they are far away. */
  async function showDay() {
    const known = await settings.catch(() => null);
    if (!known) return;
    const { zone, zoneName } = zoneOf(known);
    const text = day(dayIn(zone, new Date().toISOString()), { dateStyle: "full" });
    title.querySelector(".note").replaceChildren(t("office.todayLead", { day: text, zone: zoneName }));
  }

  async function count() {
    const heading = el("h2", { class: "panel-title" }, t("office.sales"));
    try {
      const known = await app.settings();
      const { currency } = known;
      const today = dayIn(zoneOf(known).zone, new Date().toISOString());
      const from = dayBefore(today, 29);
      const figures = await withRetry(() => desk.figures(from, today, "day"));
      showFacts(currency, figures.rows.filter((row) => row.day === today));
      sales.replaceChildren(heading, ...chartsOf(figures, from, today, { table: false }));
    } catch (error) {
      if (error.status === undefined) throw error;
      facts.hidden = true;
      facts.removeAttribute("aria-busy");
      sales.replaceChildren(heading, el("p", { class: "note", role: "alert" }, t("office.notCounted")),
        el("p", { class: "actions" }, button(t("action.again"), count)));
    }
  }

  function showDisputes() {
    return withRetry(() => desk.disputes()).then(waits.add, () => waits.add(null));
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

/*
 * What needs a person: `panel`, and `add(disputes)` once they are known, null where they could not be looked up. Those
 * that wait for their bank alone are folded away.
 */
function waiting(reviews) {
  const title = t("office.waiting");
  const list = el("ul", { class: "office-list" }, reviews.map(reviewed));
  const state = el("span", {});
  const note = el("p", { class: "note" }, t("office.lookingForDisputes"));
  const atBank = el("div", {});
  const draw = () => state.replaceChildren(...(list.children.length > 0 ? [badge("bad", "alert", t("office.waitingBadge", { count: list.children.length }), { tabindex: null })] : []));
  list.hidden = reviews.length === 0;
  draw();
  return {
    panel: el("section", { class: "panel stack", "aria-label": title, "data-testid": "waiting" },
      el("div", { class: "office-panel-head" }, el("h2", { class: "panel-title" }, title), state), list, note, atBank),
    add(disputes) {
      const now = Date.now();
      const quiet = (disputes ?? []).filter(({ dispute }) => !isAnswerable(dispute, now));
      list.append(...(disputes ?? []).filter((one) => !quiet.includes(one)).map(disputed));
      list.hidden = list.children.length === 0;
      draw();
      if (list.hidden && disputes) state.replaceChildren(badge("good", "check", t("office.allDone"), { tabindex: null }));
      const words = disputes ? list.hidden && "office.nothingWaitsText" : "office.disputesUnknown";
      note.replaceChildren(words ? t(words) : "");
      note.hidden = !words;
      if (quiet.length > 0) {
        atBank.replaceChildren(el("details", { "data-testid": "at-bank" }, el("summary", {}, t("office.disputesAtBank", { count: quiet.length })),
          el("ul", { class: "office-list" }, quiet.map(disputed))));
      }
    },
  };
}

function reviewed(payment) {
  const wait = waitOf(payment.reviewSince, Date.now());
  return entry(payment, "review", t(`office.reason.${payment.reviewReason ?? "other"}`), [
    payment.courseName, payment.name ?? payment.email, money(payment.received ?? payment.finalAmount, payment.receivedCurrency ?? payment.currency),
    wait && t(`office.wait.${wait.unit}`, { count: wait.count }),
  ]);
}

function disputed({ payment, dispute }) {
  return entry(payment, "dispute", t(dispute.status === "inquiry" ? "office.inquiry" : "office.dispute"), [
    answerBy(dispute), payment.courseName, payment.name ?? payment.email,
    payment.disputed > 0 ? t("office.withheld", { amount: money(payment.disputed, payment.receivedCurrency ?? payment.currency) }) : t("office.bankAsks", { amount: money(dispute.amount, dispute.currency) }),
  ]);
}

function entry(payment, kind, title, notes) {
  return el("li", {}, el("a", { href: officePage("payment", { id: payment.id }), "data-testid": `${kind}-${payment.id}` },
    el("span", {}, el("b", {}, title), el("br"), el("span", { class: "note" }, notes.filter(Boolean).join(" · "))),
    icon("go")));
}
