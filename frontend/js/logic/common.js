/**
 * What every page decides, in one module because every page needs all of it at once: addresses, when to ask again, who
 * is signed in, and exact amounts of money. No document, no network, no clock of its own.
 */

/* Places ----------------------------------------------------------------------------------------------------------- */

const AFTER_SIGN_IN = new Set([
  "index.html", "course.html", "learn.html", "certificate.html", "office.html", "dashboard.html", "checkout.html", "return.html", "purchases.html", "account.html",
]);

/** The courses of the student. */
export const MY_COURSES = "dashboard.html";

/** The storefront. */
export const ALL_COURSES = "index.html";

/** What was paid. */
export const PURCHASES = "purchases.html";

/** The page of a course, with a discount code where one came along. */
export function coursePage(courseId, code = null) {
  return `course.html?${new URLSearchParams({ id: courseId, ...(code && { code }) })}`;
}

/** The address of a course's page as it is given away: previews of links show its title, text and picture. */
export function sharedPage(courseId, code = null) {
  return `course-${courseId}.html${code ? `?${new URLSearchParams({ code })}` : ""}`;
}

/** A course opened to learn, at a lesson or where the student was. */
export function learnPage(courseId, lessonId = null) {
  return `learn.html?${new URLSearchParams({ id: courseId, ...(lessonId && { lesson: lessonId }) })}`;
}

/** Whether a course costs nothing: a free one, or one by invitation that has no price. */
export function isFree({ pricingModel, price }) {
  return pricingModel === "free" || (pricingModel === "invitation" && !price);
}

/** The certificate of a course that the student completed. */
export function myCertificatePage(courseId) {
  return `certificate.html?${new URLSearchParams({ course: courseId })}`;
}

/** The public page of a certificate. */
export function certificatePage(number) {
  return `certificate.html?${new URLSearchParams({ number })}`;
}

/** Whether a lesson's address is of a film that a page can play itself. */
export function isFilm(address) {
  return /\.(mp4|m4v|webm|mov|ogv)$/i.test(new URL(address, "https://x.invalid").pathname);
}

/** The checkout page of a course. */
export function checkoutPage(courseId, code = null) {
  return `checkout.html?${new URLSearchParams({ courseId, ...(code && { code }) })}`;
}

/** The sign-in page, which goes on to `next` (a page of ours with its query); `mode` is another form of it. */
export function signInPage(next, { mode = null, ended = false } = {}) {
  const query = new URLSearchParams(next ? { next } : {});
  if (mode) query.set("mode", mode);
  if (ended) query.set("ended", "1");
  const text = query.toString();
  return text ? `signin.html?${text}` : "signin.html";
}

/** Where to go after signing in: `next` if it is a page of ours and nothing else, otherwise the student's courses. */
export function safeNext(next) {
  const match = /^([a-z]+\.html)(\?[\w=&.%~+-]*)?$/.exec(next ?? "");
  return match && AFTER_SIGN_IN.has(match[1]) ? next : MY_COURSES;
}

/** The course that `next` is about, and whether it is to be bought or joined: `{courseId, code, joins}`, or null. */
export function intentOf(next) {
  const [page, query = ""] = safeNext(next).split("?");
  const given = new URLSearchParams(query);
  const courseId = given.get(page === "checkout.html" ? "courseId" : "id");
  if (!courseId || !["checkout.html", "course.html", "learn.html"].includes(page)) return null;
  return { courseId, code: given.get("code"), joins: given.get("join") === "1" };
}

/** The course page that enrolls in a free course as soon as it is open and somebody is signed in. */
export function joinPage(courseId) {
  return `course.html?${new URLSearchParams({ id: courseId, join: "1" })}`;
}

/** This page's name and query, as `next` takes it: a course's own page under the name that it has for all courses. */
export function hereOf(location) {
  const name = location.pathname.split("/").pop() || ALL_COURSES;
  const course = /^course-([A-Za-z0-9_-]+?)(?:\.html)?$/.exec(name);
  return course ? coursePage(course[1], new URLSearchParams(location.search).get("code")) : name + location.search;
}

/** The address of a lesson that the school keeps elsewhere, from its pattern; null unless it is https. */
export function lessonAddress(pattern, courseId, lessonId) {
  return typeof pattern === "string" && /^https:\/\//i.test(pattern) ? addressOf(pattern, courseId, lessonId) : null;
}

/** The address of a lesson's captions (WebVTT), from their pattern; null unless it is a file of this site. */
export function captionsAddress(pattern, courseId, lessonId) {
  return typeof pattern === "string" && /^[a-z0-9]/i.test(pattern) && !pattern.includes(":") ? addressOf(pattern, courseId, lessonId) : null;
}

function addressOf(pattern, courseId, lessonId) {
  return pattern.replaceAll("{courseId}", encodeURIComponent(courseId)).replaceAll("{lessonId}", encodeURIComponent(lessonId));
}

/* Asking again ----------------------------------------------------------------------------------------------------- */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;
const PASSING = new Set([0, 503, 504]);

/** True when the same call may succeed a little later: no network, or a service that is down for the moment. */
export function isPassing(error) {
  return PASSING.has(error?.status);
}

/**
 * Milliseconds until attempt number `attempt` + 1, or null when there should be none.
 * Doubles from one second, with the upper half left to chance so that many browsers do not return at once; never
 * sooner than the server asked (`retryAfter`, seconds), and null when it asked for longer than a person will watch.
 */
export function nextWait({ attempt, attempts, retryAfter = null, random = Math.random }) {
  if (attempt >= attempts) return null;
  const asked = retryAfter === null ? 0 : retryAfter * 1000;
  if (asked > LONGEST_WAIT) return null;
  const own = Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT);
  return Math.round(asked + own * (0.5 + random() / 2));
}

/** Milliseconds before poll number `poll` (from 1), or null when the page should stop asking. */
export function nextPoll(poll, polls = 14) {
  if (poll > polls) return null;
  return Math.min(Math.round(800 * 1.5 ** (poll - 1)), 8000);
}

/** Retry-After in seconds, from a number or an HTTP date; null when absent or unreadable. */
export function retryAfterSeconds(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - now) / 1000));
}

/**
 * True when asking again may help; false when only waiting or leaving does. What is no answer of the API at all
 * (no status) counts as passing.
 */
export function canAskAgain({ status, code }) {
  return !status || status === 429 || status >= 500 || code === "checkout_in_progress";
}

/* Who is signed in ------------------------------------------------------------------------------------------------- */

const EARLY = 60_000;

/**
 * What to keep of Cognito's AuthenticationResult. `expiresAt` is by this machine's clock, so a wrong clock does no
 * harm; a refresh brings no refresh token, then the one of `previous` stays.
 */
export function sessionOf(result, now, previous = null) {
  return {
    idToken: result.IdToken,
    accessToken: result.AccessToken ?? previous?.accessToken ?? null,
    refreshToken: result.RefreshToken ?? previous?.refreshToken ?? null,
    expiresAt: now + (result.ExpiresIn ?? 3600) * 1000,
  };
}

/** True when the ID token ends within a minute, so that a call does not start with one that ends on the way. */
export function isStale(session, now) {
  return session.expiresAt - now < EARLY;
}

/** The claims of a JWT, unchecked: for showing a name, never for deciding what is allowed. {} when unreadable. */
export function claimsOf(jwt) {
  try {
    const payload = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

const OFFICE = ["admin", "support", "finance"];

/** Whether the claims are of somebody of the school: for showing pages, never for deciding what is allowed. */
export function isOffice(claims) {
  const groups = claims["cognito:groups"];
  return Array.isArray(groups) && OFFICE.some((group) => groups.includes(group));
}

/**
 * Why somebody of the school is not let into its pages: "missing" where they have no second factor, "unknown" where the
 * user pool could not tell, null otherwise. The user pool says so in the token, where the school requires one.
 */
export function lacksFactor(claims) {
  return claims.officeSecondFactor ?? null;
}

/** What to call the student: the name, else the part of the e-mail address before the @, else "". */
export function nameOf(claims) {
  const full = [claims.given_name, claims.family_name].filter(Boolean).join(" ");
  return claims.name || full || String(claims.email ?? "").split("@")[0];
}

/** The first letters of the first and the last name. */
export function initialsOf(name) {
  const parts = String(name ?? "").trim().split(/\s+/).filter(Boolean);
  const chosen = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  return chosen.map((part) => [...part][0]).join("").toLocaleUpperCase();
}

/* Money ------------------------------------------------------------------------------------------------------------ */

/* Integer minor units and an ISO 4217 currency, as the API sends them: nothing counts in floats. */

/** How many digits of the smallest unit stand behind the decimal point: 2 for USD, 0 for JPY, 3 for KWD. */
export function exponentOf(currency) {
  const code = currency.toUpperCase();
  if (!exponents.has(code)) {
    const format = new Intl.NumberFormat("en-US", { style: "currency", currency: code });
    exponents.set(code, format.resolvedOptions().maximumFractionDigits);
  }
  return exponents.get(code);
}

const exponents = new Map();

/** The digits with their decimal point: (14999, "usd") is "149.99". Throws RangeError unless given whole units. */
export function decimalOf(minorUnits, currency) {
  if (!Number.isSafeInteger(minorUnits)) throw new RangeError(`not a whole amount: ${minorUnits}`);
  const exponent = exponentOf(currency);
  const sign = minorUnits < 0 ? "-" : "";
  const digits = String(Math.abs(minorUnits)).padStart(exponent + 1, "0");
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
