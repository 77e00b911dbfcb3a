/** The few things every page does to the document. Data is only ever set as text. */

import { coverOf } from "./logic/cover.js";

const SVG = "http://www.w3.org/2000/svg";

/** A copy of the <template id="...">'s one element. */
export function copyOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/** The element marked data-slot="name" inside `root`. */
export function slot(root, name) {
  return root.querySelector(`[data-slot="${name}"]`);
}

/** Sets the text of a slot; a slot without text disappears. */
export function setText(root, name, text) {
  const element = slot(root, name);
  element.textContent = text ?? "";
  element.hidden = !text;
  return element;
}

/** An icon of img/icons.svg, for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `img/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A turning circle for something on its way; the words beside it say what. */
export function spinner() {
  const element = document.createElement("span");
  element.className = "spinner";
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** Draws a cover for `seed` into `box`, and `pictureUrl` over it once that has loaded. */
export function drawCover(box, seed, { pictureUrl = null, columns, rows } = {}) {
  const { ground, shapes, width, height } = coverOf(seed, columns, rows);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("aria-hidden", "true");
  const all = [{ tag: "rect", colour: ground, attributes: { x: 0, y: 0, width, height } }, ...shapes];
  svg.append(...all.map(shapeElement));
  box.replaceChildren(svg);
  if (pictureUrl) layPicture(box, pictureUrl);
}

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Shows a notice in `box`: tone good, warn, bad or info; `retry` adds a button that calls it. */
export function showNotice(box, { tone = "info", text, requestId = null, retry = null, retryLabel = "Try again" }) {
  const notice = document.createElement("div");
  notice.className = `notice notice-${tone}`;
  notice.setAttribute("role", tone === "bad" ? "alert" : "status");
  notice.append(icon({ good: "check", info: "info" }[tone] ?? "alert"), paragraph(text));
  if (requestId) notice.append(requestLine(requestId));
  if (retry) notice.append(button(retryLabel, retry));
  box.replaceChildren(notice);
  box.hidden = false;
  return notice;
}

/** Shows an error with its request id and, when asking again makes sense, a button for it. */
export function showError(box, error, retry = null) {
  return showNotice(box, { tone: "bad", text: error.message, requestId: error.requestId, retry });
}

/** A copy of the page's "outcome" template: a mark, a title, a text and a way back to the dashboard. */
export function showOutcome({ tone, mark, title, text }) {
  const panel = copyOf("outcome");
  slot(panel, "mark").classList.add(`is-${tone}`);
  slot(panel, "mark").append(icon(mark));
  setText(panel, "title", title);
  setText(panel, "text", text);
  return panel;
}

/** Marks a button as busy: it keeps its place and focus, says what happens, and ignores further clicks. */
export function setBusy(control, busy, label = null) {
  control.setAttribute("aria-disabled", String(busy));
  if (label === null) return;
  control.replaceChildren(...(busy ? [spinner()] : []), label);
}

function layPicture(box, url) {
  const image = document.createElement("img");
  image.alt = "";
  image.decoding = "async";
  image.addEventListener("error", () => image.remove(), { once: true });
  image.src = url;
  box.append(image);
}

function shapeElement({ tag, colour, attributes }) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.setAttribute("class", `art-${colour}`);
  return element;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function requestLine(requestId) {
  const line = paragraph("If you write to us, please quote ");
  const id = document.createElement("span");
  line.className = "small-print";
  id.className = "request-id";
  id.textContent = requestId;
  line.append(id, ".");
  return line;
}

/** A quiet button that does something on this page. */
export function button(label, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button button-quiet";
  element.textContent = label;
  element.addEventListener("click", onClick);
  return element;
}
