/** What the school's pages are put together from. */

import { csvOf } from "../logic/office.js";
import { badge, button, el, isBusy, setBusy, showError, t } from "../ui.js";

const SVG = "http://www.w3.org/2000/svg";
const STATES = {
  pending: ["accent", "once"], processing: ["warn", "bank"], completed: ["good", "check"], refunded: ["plain", "undo"],
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
    actions.length > 0 && el("p", { class: "actions" }, actions));
}

/** A box with a heading. */
export function panel(title, ...content) {
  return el("section", { class: "panel stack", "aria-label": title }, el("h2", { class: "panel-title" }, title), content);
}

/** Where a payment stands, as a badge. */
export function paymentBadge(status) {
  const [tone, icon] = STATES[status] ?? ["plain", "info"];
  return badge(tone, icon, t(`office.status.${status}`), { tabindex: null });
}

/** A table; on a narrow screen each row becomes a card, so every cell names its column. */
export function table(caption, heads, rows) {
  return el("table", { class: "office-table" },
    el("caption", { class: "visually-hidden" }, caption),
    el("thead", {}, el("tr", {}, heads.map(([text, className]) => el("th", { scope: "col", class: className }, text)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, column) =>
      el("td", { "data-label": heads[column][0], class: heads[column][1] }, cell))))));
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
 * throws is shown under the button, and what was typed stays.
 */
export function order({ label, busy, danger = false, testid = null, fields, send }) {
  const control = el("button", { type: "submit", class: danger ? "button button-danger" : "button", "data-testid": testid }, label);
  const message = el("div", { "data-testid": testid && `${testid}-message` });
  const form = el("form", { class: "stack", novalidate: false }, fields, el("p", { class: "actions" }, control), message);
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
      setBusy(control, false, label);
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
 * Bars over days, with a sentence for who cannot see them; the table beside it has the numbers. `entries` are
 * `[{label, value}]`.
 */
export function bars(entries, sentence) {
  const most = Math.max(1, ...entries.map(({ value }) => value));
  const width = 600 / entries.length;
  const svg = document.createElementNS(SVG, "svg");
  const set = (element, attributes) => Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, String(value)));
  set(svg, { viewBox: "0 0 600 160", role: "img", "aria-label": sentence, class: "bars", preserveAspectRatio: "none" });
  for (const [number, { value }] of entries.entries()) {
    const height = value > 0 ? Math.max(2, (value / most) * 150) : 0;
    const bar = document.createElementNS(SVG, "rect");
    set(bar, { x: number * width + width * 0.15, y: 158 - height, width: width * 0.7, height, rx: 2 });
    svg.append(bar);
  }
  const ground = document.createElementNS(SVG, "line");
  set(ground, { x1: 0, x2: 600, y1: 159, y2: 159 });
  svg.append(ground);
  return svg;
}

/** Empty is said in words. */
export function nothing(title, text) {
  return el("div", { class: "empty" }, el("h2", {}, title), el("p", {}, text));
}
