/** Figures: what was sold and what of it went back, as a picture, as tables and as files. */

import { withRetry } from "../app.js";
import { byDay, dayBefore, daysFrom } from "../logic/office.js";
import { day, el, money, t } from "../ui.js";
import { bars, csvButton, field, head, input, order, panel, table, tablePanel } from "./parts.js";

const SUMS = ["gross", "discounts", "refunds", "disputes", "fees", "net"];
const GROUPS = { month: "month", course: "courseId", coupon: "couponCode" };

/** Shows the figures of the days in the address, the last thirty unless it says others. */
export async function show({ view, app, desk, query }) {
  const today = new Date().toISOString().slice(0, 10);
  const from = isDay(query.get("from")) ? query.get("from") : dayBefore(today, 29);
  const to = isDay(query.get("to")) ? query.get("to") : today;
  const [perDay, { courses }, ...groups] = await withRetry(() => Promise.all([
    desk.figures(from, to, "day"), app.api.courses(), ...Object.keys(GROUPS).map((name) => desk.figures(from, to, name)),
  ]));
  const names = new Map(courses.map(({ courseId, name }) => [courseId, name]));
  const label = { month: (row) => day(`${row.month}-01`, { month: "long", year: "numeric" }), course: (row) => names.get(row.courseId) ?? row.courseId, coupon: (row) => row.couponCode ?? t("office.withoutCode") };
  view.replaceChildren(
    head(t("office.figures"), t("office.figuresLead", { from: day(from), to: day(to) })),
    period(from, to),
    panel(t("office.perDay"), ...chartsOf(perDay, from, to)),
    ...Object.keys(GROUPS).map((name, number) => grouped(name, groups[number].rows, label[name], `${from}-${to}`)),
    checkouts(perDay.checkouts, names));
}

/** For each currency its sum, the bars by day, a sentence, and the days as a table and a file. */
export function chartsOf({ rows, totals }, from, to, { table: withTable = true } = {}) {
  if (totals.length === 0) return [el("p", {}, t("office.noSales"))];
  return totals.flatMap(({ currency, net, sales }) => {
    const days = byDay(rows, currency, daysFrom(from, to));
    const best = days.reduce((one, other) => (other.gross > one.gross ? other : one));
    const sentence = t("office.salesSentence", { total: money(net, currency), count: sales, best: money(best.gross, currency), day: day(best.day) });
    return [
      el("p", { class: "office-sum" }, el("b", { "data-testid": `sales-${currency}` }, money(net, currency)), " ", el("span", { class: "note" }, t("office.salesCount", { count: sales }))),
      bars(days.map((row) => ({ day: row.day, value: Math.max(0, row.gross) })), currency, sentence),
      el("p", { class: "small" }, sentence),
      withTable && el("details", {}, el("summary", {}, t("office.asTable")), sums(t("office.perDay"), t("office.day"), days.filter((row) => row.sales > 0 || row.net !== 0), (row) => day(row.day))),
      withTable && el("p", { class: "actions" }, file(`sales-${currency}-${from}-${to}`, "day", days, (row) => row.day)),
    ].filter(Boolean);
  });
}

function grouped(name, rows, label, span) {
  const title = t(`office.per.${name}`);
  const shown = rows.filter((row) => row.sales > 0 || SUMS.some((sum) => row[sum] !== 0));
  if (shown.length === 0) return panel(title, el("p", { class: "note" }, t("office.noSales")));
  return tablePanel(title, file(`figures-by-${name}-${span}`, name, rows, name === "month" ? (row) => row.month : label), sums(title, t(`office.${name}`), shown, label));
}

function sums(caption, first, rows, label) {
  return table(caption, [[first], [t("office.orders"), "num"], ...SUMS.map((name) => [t(`office.sum.${name}`), "num"])],
    rows.map((row) => [label(row), String(row.sales), ...SUMS.map((name) => [money(row[name], row.currency), row[name] === 0 ? "is-nothing" : ""])]));
}

function file(name, first, rows, label) {
  return csvButton(name, [first, "currency", "orders", ...SUMS.map((sum) => `${sum}_minor_units`)],
    rows.map((row) => [label(row), row.currency, row.sales, ...SUMS.map((sum) => row[sum])]));
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
