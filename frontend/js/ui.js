/** What every page says and how it says it: words, money, dates, and the few things done to the document. */

import { decimalOf, isFree } from "./logic/common.js";
import en from "./texts/en.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  clock: ["M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0", "M12 7v5l3 2"],
  alert: ["M12 3.5 22 20.5H2z", "M12 10v4.5M12 17.5v.1"],
  info: ["M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0", "M12 11v5M12 7.9v.1"],
  lock: ["M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2z", "M8 11V8a4 4 0 0 1 8 0v3"],
  once: ["M5 6h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z", "M3 10.5h18M7 14.5h3"],
  go: ["M5 12h14m-6-6 6 6-6 6"],
  back: ["M19 12H5m6-6-6 6 6 6"],
  play: ["M7 5v14l12-7z"],
  dot: ["M8 12a4 4 0 1 0 8 0 4 4 0 1 0-8 0"],
  file: ["M7 3h7l5 5v13H7zM14 3v5h5"],
  undo: ["M4 9h11a5 5 0 0 1 0 10H8M8 5 4 9l4 4"],
  bank: ["M4 10 12 4l8 6zM6 10v8m4-8v8m4-8v8m4-8v8M4 20h16"],
};

const formats = new Map();
let words = en;
let more = {};
let language = "en";
let locale = "en-US";

/* Words ------------------------------------------------------------------------------------------------------------ */

/** Says everything from here on in this language; `regional` is the browser's own variety of it, for numbers. */
export function speak(dictionary, code, regional = code) {
  words = dictionary ?? en;
  language = code;
  locale = regional;
}

/** Also says what a part of the site brings along, in the language of the page. */
export function alsoSay(dictionary) {
  more = { ...more, ...dictionary };
}

/** The text of a key, its {names} filled in; where a text has plural forms, `count` chooses one. */
export function t(key, values = {}) {
  const found = words[key] ?? more[key] ?? en[key] ?? key;
  const text = typeof found === "string" ? found : found[format("PluralRules", {}, language).select(values.count)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Whether there is a text of this key. */
export function hasText(key) {
  return Object.hasOwn(en, key) || Object.hasOwn(more, key);
}

/** The sentence for an error: the API's own where it is in this language, else ours for its code, else by status. */
export function sentenceOf(error) {
  if (language === "en" && error.sentence) return error.sentence;
  if (error.code && hasText(`error.${error.code}`)) return t(`error.${error.code}`);
  return hasText(`status.${error.status}`) ? t(`status.${error.status}`) : t("status.other");
}

/* Making a format takes a phone longer than everything that is then said with it: each is made once. */
function format(kind, options, tag = locale) {
  const key = `${kind} ${tag} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl[kind](tag, options));
  return formats.get(key);
}

/** An amount in minor units for a person: (14999, "usd") is "$149.99". */
export function money(minorUnits, currency) {
  return price(decimalOf(minorUnits, currency), currency);
}

/** A decimal price for a person; a negative one with a true minus sign, which is also read aloud as one. */
export function price(decimal, currency) {
  const parts = format("NumberFormat", { style: "currency", currency: currency.toUpperCase() }).formatToParts(String(decimal));
  return parts.map(({ type, value }) => (type === "minusSign" ? value.replace("-", "\u2212") : value)).join("");
}

/** A round amount in minor units for the edge of a chart: (100000, "usd") is "$1K". */
export function roundMoney(minorUnits, currency) {
  const compact = { style: "currency", currency: currency.toUpperCase(), notation: "compact", maximumFractionDigits: 2, minimumFractionDigits: 0 };
  return format("NumberFormat", compact).format(Number(decimalOf(minorUnits, currency)));
}

/** Hundredths for a person: 20 is "20%", with a space where the language wants one. */
export function percent(hundredths) {
  return format("NumberFormat", { style: "percent", maximumFractionDigits: 2 }).format(hundredths / 100);
}

/** What a course costs. */
export function coursePrice(course) {
  if (isFree(course)) return t("course.free");
  if (course.price === undefined || course.price === null || !course.currency) return t("course.noPrice");
  return price(course.price, course.currency);
}

/**
 * A day for a person, written out unless `style` says otherwise; "" where it is none. An ISO time is on the day that it
 * is here, an ISO day is that day everywhere.
 */
export function day(iso, style = { dateStyle: "long" }) {
  const moment = new Date(iso ?? "");
  const zone = /^\d{4}-\d\d-\d\d$/.test(iso ?? "") ? { timeZone: "UTC" } : {};
  return Number.isNaN(moment.getTime()) ? "" : format("DateTimeFormat", { ...style, ...zone }).format(moment);
}

/** A day with its time for a person, from an ISO time; "" where it is none. */
export function dayAndTime(iso) {
  const moment = new Date(iso ?? "");
  return Number.isNaN(moment.getTime()) ? "" : format("DateTimeFormat", { dateStyle: "medium", timeStyle: "short" }).format(moment);
}

/** A day and time for a person, from an ISO time; "" where it is none. */
export function moment(iso) {
  const at = new Date(iso ?? "");
  return Number.isNaN(at.getTime()) ? "" : format("DateTimeFormat", { dateStyle: "long", timeStyle: "short" }).format(at);
}

/** Minutes as hours and minutes. */
export function duration(minutes) {
  if (minutes < 60) return t("time.minutes", { minutes });
  const rest = minutes % 60;
  return t(rest ? "time.hoursMinutes" : "time.hours", { hours: Math.floor(minutes / 60), minutes: rest });
}

/** Puts the words of the page's own markup in place: data-t is a text, data-t-label and the like an attribute. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const attribute of ["aria-label", "placeholder", "content"]) {
    for (const element of root.querySelectorAll(`[data-t-${attribute}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${attribute}`)));
    }
  }
}

/* The document ----------------------------------------------------------------------------------------------------- */

/** A new element with attributes; children are elements or text, never markup. Null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
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

/** An icon, for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", name === "play" ? "icon icon-solid" : "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name]) svg.append(shape("path", { d }));
  return svg;
}

/** A turning circle for something on its way; the words beside it say what. */
export function spinner() {
  return el("span", { class: "spinner", "aria-hidden": "true" });
}

/** A badge: an icon and a word. */
export function badge(tone, iconName, text, attributes = {}) {
  return el("span", { class: `badge badge-${tone}`, tabindex: "-1", ...attributes }, iconName && icon(iconName), text);
}

/** A link that looks like a button. */
export function linkButton(href, text, attributes = {}) {
  return el("a", { class: "button", href, ...attributes }, text);
}

/** A quiet button that does something on this page. */
export function button(text, onclick, attributes = {}) {
  return el("button", { type: "button", class: "button button-quiet", onclick, ...attributes }, text);
}

/** The drawn cover of a course (`art` of logic/covers.js), and its own picture over it once that has loaded. */
export function cover({ family, viewBox, shapes }, pictureUrl = null) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("aria-hidden", "true");
  svg.append(...shapes.map(([tag, className, attributes]) => shape(tag, { class: className, ...attributes })));
  const box = el("span", { class: `cover cover-${family}` }, svg);
  if (pictureUrl) layPicture(box, pictureUrl);
  return box;
}

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Shows a notice in `box`: tone good, warn, bad or info, with buttons or links under the text. */
export function showNotice(box, { tone = "info", text, requestId = null, actions = [] }) {
  const notice = el(
    "div",
    { class: `notice notice-${tone}`, role: tone === "bad" ? "alert" : "status" },
    icon({ good: "check", info: "info" }[tone] ?? "alert"),
    el("p", {}, text),
    requestId && el("p", { class: "small" }, t("error.quote"), " ", el("span", { class: "code" }, requestId)),
    actions.length > 0 && el("div", { class: "actions" }, actions),
  );
  box.replaceChildren(notice);
  box.hidden = false;
  return notice;
}

/** Shows an error with its request id and, when asking again makes sense, a button for it. */
export function showError(box, error, retry = null, more = []) {
  const again = retry ? [button(t("action.again"), retry)] : [];
  return showNotice(box, { tone: "bad", text: sentenceOf(error), requestId: error.requestId, actions: [...again, ...more] });
}

/** Marks a button as busy: it keeps its place and focus, says what happens, and ignores further clicks. */
export function setBusy(control, busy, label) {
  control.setAttribute("aria-disabled", String(busy));
  control.replaceChildren(...(busy ? [spinner()] : []), label);
}

/** Whether a busy button was pressed once more. */
export function isBusy(control) {
  return control.getAttribute("aria-disabled") === "true";
}

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

function layPicture(box, url) {
  const image = el("img", { alt: "", decoding: "async", loading: "lazy" });
  image.addEventListener("error", () => image.remove(), { once: true });
  image.src = url;
  box.append(image);
}
