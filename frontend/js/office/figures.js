/** Figures: what was sold and what of it went back, as a picture, as tables and as files. */

import { withRetry } from "../app.js";
import { dayBefore, dayIn } from "../logic/office.js";
import { button, day, el, isBusy, setBusy, showError, showNotice, t } from "../ui.js";
import { chartsOf, field, head, input, order, panel, saveCsv, SUMS, sumsFile, sumsTable, table, tablePanel, zoneOf } from "./parts.js";

const GROUPS = { month: "month", course: "courseId", coupon: "couponCode" };

/** Shows the figures of the days in the address, the last thirty unless it says others. */
export async function show({ view, app, desk, query }) {
  const { zone, zoneName } = zoneOf(await app.settings());
  const today = dayIn(zone, new Date().toISOString());
  const from = isDay(query.get("from")) ? query.get("from") : dayBefore(today, 29);
  const to = isDay(query.get("to")) ? query.get("to") : today;
  const [perDay, { courses }, ...groups] = await withRetry(() => Promise.all([
    desk.figures(from, to, "day"), app.api.courses(), ...Object.keys(GROUPS).map((name) => desk.figures(from, to, name)),
  ]));
  const names = new Map(courses.map(({ courseId, name }) => [courseId, name]));
  const label = { month: (row) => day(`${row.month}-01`, { month: "long", year: "numeric" }), course: (row) => names.get(row.courseId) ?? row.courseId, coupon: (row) => row.couponCode ?? t("office.withoutCode") };
  view.replaceChildren(
    head(t("office.figures"), t("office.figuresLead", { from: day(from), to: day(to), zone: zoneName })),
    period(from, to),
    panel(t("office.perDay"), ...chartsOf(perDay, from, to)),
    ...Object.keys(GROUPS).map((name, number) => grouped(name, groups[number].rows, label[name], `${from}-${to}`)),
    checkouts(perDay.checkouts, names),
    ...(desk.may("GET /api/admin/figures/ledger.csv") ? [ledger(desk, from, to)] : []));
}

/* What bookkeepers work with: every entry of these days. One press, one file. */
function ledger(desk, from, to) {
  const message = el("div", { "data-testid": "ledger-message" });
  const control = button(t("office.ledgerButton"), save, { "data-testid": "ledger" });
  return panel(t("office.ledger"), el("p", { class: "note" }, t("office.ledgerText", { from: day(from), to: day(to) })), el("p", { class: "actions" }, control), message);

  async function save() {
    if (isBusy(control)) return;
    message.replaceChildren();
    setBusy(control, true, t("office.ledgerBusy"));
    try {
      const text = await desk.ledger(from, to);
      if (text === null) showNotice(message, { tone: "bad", text: t("office.ledgerTooLong") });
      else saveCsv(`ledger-${from}-${to}`, text);
    } catch (error) {
      if (error.status === undefined) throw error;
      showError(message, error);
    } finally {
      setBusy(control, false, t("office.ledgerButton"));
    }
  }
}

function grouped(name, rows, label, span) {
  const title = t(`office.per.${name}`);
  const shown = rows.filter((row) => row.sales > 0 || SUMS.some((sum) => row[sum] !== 0));
  if (shown.length === 0) return panel(title, el("p", { class: "note" }, t("office.noSales")));
  return tablePanel(title, sumsFile(`figures-by-${name}-${span}`, name, rows, name === "month" ? (row) => row.month : label), sumsTable(title, t(`office.${name}`), shown, label));
}

function checkouts(funnels, names) {
  const title = t("office.checkouts");
  if (funnels.length === 0) return panel(title, el("p", { class: "note" }, t("office.noCheckouts")));
  return tablePanel(title, el("span", { class: "note" }, t("office.checkoutsLead")), table(title,
    [[t("office.course")], [t("office.opened"), "num"], [t("office.paidOnes"), "num"], [t("office.failedOnes"), "num"]],
    funnels.map(({ courseId, opened, paid, failed }) => [
      names.get(courseId) ?? courseId, String(opened), String(paid), String(failed.reduce((sum, { count }) => sum + count, 0)),
    ])));
}

/* A change of the days is a new address, which can be kept and sent. */
function period(from, to) {
  return order({
    label: t("office.showPeriod"),
    busy: t("office.finding"),
    testid: "period",
    line: true,
    quiet: true,
    fields: [
      field(t("office.from"), input("from", { type: "date", required: true, value: from })),
      field(t("office.to"), input("to", { type: "date", required: true, value: to })),
    ],
    send: (form) => {
      location.assign(`office.html?${new URLSearchParams({ view: "figures", from: form.elements.from.value, to: form.elements.to.value })}`);
    },
  });
}

function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text ?? "");
}
