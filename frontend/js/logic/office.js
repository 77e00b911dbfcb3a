/** What the school's pages decide: amounts that are typed, waiting times, files. No document, no clock. */

import { exponentOf } from "./common.js";

const ROLES = { money: ["admin", "finance"], people: ["admin", "support"], admin: ["admin"] };
const COURSE = "/api/admin/courses/{courseId}";
const PLACE = "/api/admin/students/{userId}/enrollments/{courseId}";
const FOR = {
  money: [
    "GET /api/admin/audit", "GET /api/admin/audit/records.csv", "GET /api/admin/figures", "GET /api/admin/analytics", "GET /api/admin/figures/ledger.csv",
    "POST /api/admin/payments/{id}/resolve", "PUT /api/admin/payments/{id}/refunds/{refundId}", "PUT /api/admin/payments/{id}/repayments/{refundId}",
  ],
  people: [
    `PUT ${PLACE}`, `POST ${PLACE}/revoke`, `POST ${PLACE}/reinstate`, `POST ${PLACE}/unbar`, `GET ${COURSE}/invitations`, `POST ${COURSE}/invitations`,
    `DELETE ${COURSE}/invitations/{invitationId}`, `GET ${COURSE}/interest`, `POST ${COURSE}/interest/forget`,
  ],
  admin: [
    "POST /api/admin/courses", `PATCH ${COURSE}`, `PUT ${COURSE}/price`, `PUT ${COURSE}/sales`, `PUT ${COURSE}/capacity`, "PUT /api/admin/sales",
    "POST /api/admin/coupons", "PATCH /api/admin/coupons/{code}", "POST /api/admin/students/{userId}/export", "POST /api/admin/students/{userId}/deletion",
  ],
};

/**
 * Whether somebody in these groups may make a call of the office, as "GET /api/admin/figures": for leaving out what
 * would be refused. The API decides (adapters/http/permissions.py); what is not listed is for everybody of the school.
 */
export function mayCall(groups, call) {
  const who = Object.keys(FOR).find((name) => FOR[name].includes(call));
  return who === undefined || ROLES[who].some((role) => groups.includes(role));
}

/** The minor units that somebody typed as "149.99" or "149,99", or null where it is no such amount above zero. */
export function minorOf(text, currency) {
  const found = /^(\d{1,9})(?:[.,](\d+))?$/.exec(String(text).trim());
  const exponent = exponentOf(currency);
  if (!found || (found[2] ?? "").length > exponent) return null;
  const amount = Number(found[1] + (found[2] ?? "").padEnd(exponent, "0"));
  return amount > 0 ? amount : null;
}

/** The number of seats that somebody typed: null where nothing is typed, undefined where it is no such number. */
export function wholeSeats(text) {
  const typed = String(text).trim();
  if (typed === "") return null;
  const seats = /^\d{1,6}$/.test(typed) ? Number(typed) : 0;
  return seats >= 1 && seats <= 100_000 ? seats : undefined;
}

/** How many seats of a course there are and are taken or held, `{capacity, taken}`; null where there is no limit. */
export function seatsOf({ capacity, seatsLeft = 0 }) {
  return capacity ? { capacity, taken: capacity - seatsLeft } : null;
}

/** How long somebody has waited: `{unit, count}` in minutes, hours or days; null where it is not known. */
export function waitOf(since, now) {
  const minutes = Math.floor((now - Date.parse(since ?? "")) / 60_000);
  if (!Number.isFinite(minutes)) return null;
  if (minutes < 60) return { unit: "minutes", count: Math.max(0, minutes) };
  return minutes < 48 * 60 ? { unit: "hours", count: Math.floor(minutes / 60) } : { unit: "days", count: Math.floor(minutes / 1440) };
}

/** What may still be refunded of a payment, in minor units of what was received. */
export function refundable({ received, kept, refundRequested = 0, disputed = 0 }) {
  return received ? Math.max(0, (kept ?? received) - refundRequested - disputed) : 0;
}

/**
 * What happened to a payment, oldest first: `[{name, at, amount, by, note}]`; what has no time of its own stands where
 * it belongs. `entries` are those of the ledger, which know when the money came.
 */
export function storyOf(payment, entries = []) {
  const back = ["refundRequested", "refunded", "repaid", "disputed", "chargedBack"];
  const withdrawn = entries.filter(({ kind }) => kind === "dispute").map(({ recordedAt }) => recordedAt).sort().at(-1);
  return [
    { name: "opened", at: payment.createdAt, amount: payment.finalAmount, note: payment.couponCode },
    payment.received > 0 && { name: "received", at: entries.find(({ kind }) => kind === "sale")?.recordedAt, amount: payment.received },
    payment.reviewReason && { name: "review", at: payment.reviewSince, note: payment.reviewReason },
    payment.resolution && { name: `resolved.${payment.resolution}`, at: payment.resolvedAt, by: payment.resolvedBy, note: payment.resolutionNote },
    ...back.map((name) => payment[name] > 0 && { name, amount: payment[name], ...(name === "disputed" && { at: withdrawn }) }),
    ["expired", "cancelled", "failed"].includes(payment.status) && { name: payment.status, at: payment.updatedAt },
  ].filter(Boolean);
}

/**
 * How the dispute about a payment stands: `open`; `inquiry` where the bank only asks and has withdrawn nothing; `won` where
 * it has not given the money back yet; null where there is none. `refunds` are those of the payment's history.
 */
export function disputeOf({ disputed = 0 }, refunds = []) {
  const states = refunds.filter(({ kind }) => kind === "dispute").map(({ status }) => status);
  if (states.includes("open")) return "open";
  if (disputed > 0) return states.includes("won") ? "won" : "open";
  return states.includes("inquiry") ? "inquiry" : null;
}

/** Whether the school can answer a dispute at `now`: else it has, it is too late, or there is nothing to answer. */
export function isAnswerable({ respondBy }, now) {
  return Date.parse(respondBy) > now;
}

/** The ISO day that it is at a moment (an ISO time) in an IANA zone; in UTC where this browser does not know the zone. */
export function dayIn(zone, at) {
  const parts = calendarOf(zone).formatToParts(new Date(at));
  return ["year", "month", "day"].map((name) => parts.find(({ type }) => type === name).value).join("-");
}

function calendarOf(zone) {
  const make = (timeZone) => new Intl.DateTimeFormat("en", { timeZone, calendar: "gregory", numberingSystem: "latn", year: "numeric", month: "2-digit", day: "2-digit" });
  try {
    return make(zone);
  } catch {
    return make("UTC");
  }
}

/**
 * The months of UTC that a month (2026-11) of a zone reaches into, the latest first: the record is kept by months of UTC.
 * One that is yet to come is left out, since nothing stands there; `now` is an ISO time.
 */
export function monthsIn(zone, month, now) {
  const [year, number] = month.split("-").map(Number);
  const next = new Date(Date.UTC(year, number, 1)).toISOString();
  const last = new Date(Date.UTC(year, number - 1, 1) - 1).toISOString();
  const reaches = (moment) => dayIn(zone, moment).slice(0, 7) === month;
  return [
    reaches(next) && next <= now && next.slice(0, 7),
    month,
    reaches(last) && last.slice(0, 7),
  ].filter(Boolean);
}

/** The days from `first` to `last` (ISO days, both included). */
export function daysFrom(first, last) {
  const found = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += 86_400_000) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
}

/** The ISO day so many days before another. */
export function dayBefore(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** The rows of one currency by day, one for every day of `days`: a day without a row has nothing. */
export function byDay(rows, currency, days) {
  const found = new Map(rows.filter((row) => row.currency === currency).map((row) => [row.day, row]));
  return days.map((day) => found.get(day) ?? { day, currency, sales: 0, gross: 0, discounts: 0, refunds: 0, disputes: 0, fees: 0, net: 0 });
}

/**
 * The lines of a chart from nothing to its round top, all alike, of which the last is not below `most`: 90501 has
 * 0, 25000, 50000, 75000 and 100000.
 */
export function linesFor(most) {
  const least = Math.max(1, Math.ceil(most / 4));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= least && Number.isInteger(each));
  return [0, 1, 2, 3, 4].map((line) => line * step);
}

/** The sums of some rows in one currency. */
export function sumOf(rows, currency, name) {
  return rows.filter((row) => row.currency === currency).reduce((sum, row) => sum + (row[name] ?? 0), 0);
}

/** A comma-separated file. What a spreadsheet would take for a formula is made a text. */
export function csvOf(heads, rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}
