/** What the school's pages are put together from. */

import { csvOf, linesFor } from "../logic/office.js";
import { badge, button, day, el, icon, isBusy, roundMoney, setBusy, showError, t } from "../ui.js";

const SVG = "http://www.w3.org/2000/svg";
const STATES = {
  pending: ["accent", "once"], processing: ["warn", "bank"], completed: ["good", "check"], refunded: ["plain", "undo"], partly: ["accent", "undo"],
  charged_back: ["bad", "undo"], closed: ["plain", "info"], review: ["bad", "alert"], failed: ["bad", "alert"],
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

/** Where a payment stands, as a badge. */
export function paymentBadge(payment) {
  const back = (payment.refunded ?? 0) + (payment.repaid ?? 0);
  const status = payment.status === "completed" && back > 0 ? "partly" : payment.status;
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
  return button(t("office.csv"), () => {
    const address = URL.createObjectURL(new Blob(["\ufeff", csvOf(heads, rows)], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: address, download: `${name}.csv` }).click();
    URL.revokeObjectURL(address);
  });
}

/**
 * Bars over days between round lines, with a sentence for who cannot see them; the table beside it has the numbers.
 * `entries` are `[{day, value}]`, oldest first, values in minor units.
 */
export function bars(entries, currency, sentence) {
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
