/** What the school's pages are put together from. */

import { withRetry } from "../app.js";
import { byDay, csvOf, daysFrom, linesFor } from "../logic/office.js";
import { badge, button, day, dayAndTime, el, hasText, icon, isBusy, money, roundMoney, setBusy, showError, showNotice, t } from "../ui.js";

/** The sums of money in a row of figures. */
export const SUMS = ["gross", "discounts", "refunds", "disputes", "fees", "net"];
const SVG = "http://www.w3.org/2000/svg";
const STATES = {
  pending: ["accent", "once"], processing: ["warn", "bank"], completed: ["good", "check"], refunded: ["plain", "undo"], partly: ["accent", "undo"],
  disputed: ["bad", "bank"], charged_back: ["bad", "undo"], closed: ["plain", "info"], review: ["bad", "alert"], failed: ["bad", "alert"],
  expired: ["plain", "clock"], cancelled: ["plain", "info"], cancelling: ["plain", "info"],
};

/** The address of a view of the school's pages. */
export function officePage(view, query = {}) {
  return `office.html?${new URLSearchParams({ view, ...query })}`;
}

/** The head of a view: one heading, a line under it, and what can be done at once. */
export function head(title, lead, ...actions) {
  return el("div", { class: "office-head" },
    el("div", {}, el("h1", { tabindex: "-1" }, title), lead && el("p", { class: "note" }, lead)),
    actions.some(Boolean) && el("p", { class: "actions" }, actions));
}

/** The way back to the list that a view belongs to. */
export function crumb(view, text) {
  return el("p", { class: "crumb" }, el("a", { href: officePage(view) }, icon("back"), text));
}

/** A box with a heading. */
export function panel(title, ...content) {
  return el("section", { class: "panel stack", "aria-label": title }, el("h2", { class: "panel-title" }, title), content);
}

/** A box with a heading, what can be done with all of it, and a table from edge to edge. */
export function tablePanel(title, action, ...content) {
  return el("section", { class: "panel office-flush", "aria-label": title },
    el("div", { class: "office-flush-head" }, el("h2", { class: "panel-title" }, title), action), content);
}

/** Where a payment stands, as a badge. While a bank holds money of it back, nothing else matters more. */
export function paymentBadge(payment) {
  const back = (payment.refunded ?? 0) + (payment.repaid ?? 0);
  const status = payment.disputed > 0 ? "disputed" : payment.status === "completed" && back > 0 ? "partly" : payment.status;
  const [tone, iconName] = STATES[status] ?? ["plain", "info"];
  return badge(tone, iconName, t(`office.status.${status}`), { tabindex: null });
}

/**
 * A table; on a narrow screen each row becomes a card, so every cell names its column. A head is `[text, class]`, a cell
 * its content or `[content, class]`.
 */
export function table(caption, heads, rows) {
  return el("table", { class: "office-table" },
    el("caption", { class: "visually-hidden" }, caption),
    el("thead", {}, el("tr", {}, heads.map(([text, className]) => el("th", { scope: "col", class: className }, text)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, column) => {
      const [content, more] = Array.isArray(cell) ? cell : [cell];
      return el("td", { "data-label": heads[column][0], class: [heads[column][1], more].filter(Boolean).join(" ") || null }, content);
    })))));
}

/** A labelled control; `attributes` are the control's. */
export function field(label, control, hint = null) {
  const name = control.getAttribute("name");
  control.id = name;
  if (hint) control.setAttribute("aria-describedby", `${name}-hint`);
  return el("div", { class: "field" }, el("label", { for: name }, label), control,
    hint && el("p", { class: "field-hint", id: `${name}-hint` }, hint));
}

/** A line to type in. */
export function input(name, attributes = {}) {
  return el("input", { class: "input", name, autocomplete: "off", "data-testid": name, ...attributes });
}

/** A choice of `[value, text]`. */
export function select(name, options, chosen = null, attributes = {}) {
  return el("select", { class: "input", name, "data-testid": name, ...attributes },
    options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}

/** A box to tick. */
export function tickBox(name, text, checked = false) {
  return el("label", { class: "tick-box" }, el("input", { type: "checkbox", name, checked, "data-testid": name }), el("span", {}, text));
}

/**
 * A form whose button says what happens and ignores further presses while it does. `send(form)` does it; what it
 * throws is shown under the button, and what was typed stays. `label` may be a function: asked for after every change
 * of the form. `line` puts fields and button into one line; `quiet` is for what is not the page's own next step.
 */
export function order({ label, busy, danger = false, quiet = false, line = false, testid = null, fields, send }) {
  const words = () => (typeof label === "function" ? label() : label);
  const look = danger ? "button button-danger" : quiet ? "button button-quiet" : "button";
  const control = el("button", { type: "submit", class: look, "data-testid": testid }, words());
  const message = el("div", { "data-testid": testid && `${testid}-message` });
  const actions = el("p", { class: "actions" }, control);
  const form = el("form", { class: "stack", novalidate: false }, line ? el("div", { class: "office-line" }, fields, actions) : [fields, actions].flat(), message);
  form.addEventListener("input", () => !isBusy(control) && control.replaceChildren(words()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(control)) return;
    message.replaceChildren();
    setBusy(control, true, busy);
    try {
      await send(form, message);
    } catch (error) {
      if (error.status === undefined) throw error;
      showError(message, error);
    } finally {
      setBusy(control, false, words());
    }
  });
  return form;
}

/** A button that offers a table as a file. */
export function csvButton(name, heads, rows) {
  return button(t("office.csv"), () => saveCsv(name, csvOf(heads, rows)));
}

/** Saves comma-separated values as a file. By the mark at its beginning spreadsheets know that it is UTF-8. */
export function saveCsv(name, text) {
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // not every browser has read it by now
}

/** The zone of the school's days, by `settings` of the API; and as people write it. */
export function zoneOf({ timezone = "UTC" }) {
  return { zone: timezone, zoneName: timezone.replaceAll("_", " ") };
}

/**
 * Bars over days between round lines, with a sentence for who cannot see them; the table beside it has the numbers.
 * `entries` are `[{day, value}]`, oldest first, values in minor units.
 */
function bars(entries, currency, sentence) {
  const lines = linesFor(Math.max(...entries.map(({ value }) => value)));
  const top = lines.at(-1);
  const width = 600 / entries.length;
  const picture = svg("svg", { viewBox: "0 0 600 160", role: "img", "aria-label": sentence, class: "bars", preserveAspectRatio: "none" });
  for (const line of lines) picture.append(svg("line", { x1: 0, x2: 600, y1: 160 - (line / top) * 160, y2: 160 - (line / top) * 160 }));
  for (const [number, { value }] of entries.entries()) {
    const height = value > 0 ? Math.max(2, (value / top) * 160) : 0;
    const last = number === entries.length - 1;
    picture.append(svg("rect", { x: number * width + width * 0.15, y: 160 - height, width: width * 0.7, height, class: last ? "is-last" : "" }));
  }
  const named = [...new Set([0, 1, 2, 3, 4].map((part) => Math.round((part * (entries.length - 1)) / 4)))].map((number) => entries[number]);
  return el("div", { class: "chart" },
    el("ul", { class: "chart-amounts", "aria-hidden": "true" }, lines.toReversed().map((line) => el("li", {}, roundMoney(line, currency)))),
    picture,
    el("ul", { class: "chart-days", "aria-hidden": "true" }, named.map((entry) => el("li", {}, day(entry.day, { day: "numeric", month: "short" })))));
}

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** Empty is said in words. */
export function nothing(title, text) {
  return el("div", { class: "empty" }, el("h2", {}, title), el("p", {}, text));
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
      if (wanted.startsWith("ps_")) return location.assign(officePage("payment", { id: wanted }));
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
      el("a", { href: officePage("payment", { id: payment.id }) }, twoLines(payment.courseName, payment.name ?? payment.email)),
      dayAndTime(payment.createdAt),
      paymentBadge(payment),
      keptOf(payment),
    ]));
}

/** What something is called, and in small letters under it what else is known, if anything is. */
export function twoLines(first, second) {
  return el("span", {}, first, second && el("br"), second && el("span", { class: "small" }, second));
}

/** Until when the school can answer a dispute, or that this time is over; "" where no answer is expected. */
export function answerBy({ respondBy }) {
  if (!respondBy) return "";
  return t(Date.parse(respondBy) < Date.now() ? "office.answerByPassed" : "office.answerBy", { day: dayAndTime(respondBy) });
}

/* What is kept; and what of it a bank holds back. */
function keptOf({ kept, disputed = 0, receivedCurrency, currency }) {
  if (kept === undefined) return "";
  const unit = receivedCurrency ?? currency;
  if (disputed === 0) return money(kept, unit);
  return twoLines(money(kept, unit), t("office.withheld", { amount: money(disputed, unit) }));
}

/**
 * Who did what, when and why, newest first; null where nothing was done. `me` is whoever reads it; `subjects` adds what
 * each record is about, `action` stands beside `title`.
 */
export function recordsPanel(records, me, { subjects = false, title = t("office.records"), action = null } = {}) {
  if (records.length === 0) return null;
  const what = (did) => (hasText(`office.did.${did}`) ? t(`office.did.${did}`) : did);
  return tablePanel(title, action, table(title,
    [[t("office.when")], [t("office.done")], subjects && [t("office.about")], [t("office.reasonField")], [t("office.who")]].filter(Boolean),
    records.map((one) => [
      dayAndTime(one.at), what(one.action), ...(subjects ? [subjectOf(one)] : []), one.reason,
      one.by === me ? t("office.you") : el("span", { class: "code" }, one.by),
    ])));
}

function subjectOf({ userId, courseId, couponCode }) {
  if (userId) return el("a", { class: "code", href: officePage("students", { user: userId }) }, userId);
  if (courseId) return el("a", { class: "code", href: officePage("course", { id: courseId }) }, courseId);
  return couponCode ? el("span", { class: "code" }, couponCode) : t("office.ofSchool");
}

/**
 * For each currency its sum, the bars by day, a sentence, and the days as a table and a file. Where nothing came in there
 * are neither bars nor a best day; money of earlier days may have gone back all the same.
 */
export function chartsOf({ rows, totals }, from, to, { table: withTable = true } = {}) {
  const moved = totals.filter((sums) => sums.sales > 0 || SUMS.some((name) => sums[name] !== 0));
  if (moved.length === 0) return [el("p", {}, t("office.noSales"))];
  return moved.flatMap(({ currency, net, sales }) => {
    const days = byDay(rows, currency, daysFrom(from, to));
    const best = days.reduce((one, other) => (other.gross > one.gross ? other : one));
    const sentence = [
      t(sales > 0 ? "office.salesSentence" : "office.onlyBack", { total: money(net, currency), count: sales }),
      best.gross > 0 && t("office.bestDay", { best: money(best.gross, currency), day: day(best.day) }),
    ].filter(Boolean).join(" ");
    return [
      el("p", { class: "office-sum" }, el("b", { "data-testid": `sales-${currency}` }, money(net, currency)), " ", el("span", { class: "note" }, t("office.salesCount", { count: sales }))),
      best.gross > 0 && bars(days.map((row) => ({ day: row.day, value: Math.max(0, row.gross) })), currency, sentence),
      el("p", { class: "small" }, sentence),
      withTable && el("details", {}, el("summary", {}, t("office.asTable")), sumsTable(t("office.perDay"), t("office.day"), days.filter((row) => row.sales > 0 || row.net !== 0), (row) => day(row.day))),
      withTable && el("p", { class: "actions" }, sumsFile(`sales-${currency}-${from}-${to}`, "day", days, (row) => row.day)),
    ].filter(Boolean);
  });
}

/** The sums of some rows of figures; `label(row)` names each. */
export function sumsTable(caption, first, rows, label) {
  return table(caption, [[first], [t("office.orders"), "num"], ...SUMS.map((name) => [t(`office.sum.${name}`), "num"])],
    rows.map((row) => [label(row), String(row.sales), ...SUMS.map((name) => [money(row[name], row.currency), row[name] === 0 ? "is-nothing" : ""])]));
}

/** The same as a file, under the same words; amounts as whole numbers, which no spreadsheet takes for something else. */
export function sumsFile(name, first, rows, label) {
  const heads = [t(`office.${first}`), t("office.currency"), t("office.orders"), ...SUMS.map((sum) => t("office.inMinorUnits", { sum: t(`office.sum.${sum}`) }))];
  return csvButton(name, heads, rows.map((row) => [label(row), row.currency.toUpperCase(), row.sales, ...SUMS.map((sum) => row[sum])]));
}
