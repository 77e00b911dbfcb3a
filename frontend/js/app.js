/** How every page begins, and what all of them share: settings, the signed-in session, the calls to the school's API. */

import {
  canAskAgain, claimsOf, hereOf, initialsOf, isOffice, isPassing, isStale, lacksFactor, nameOf, nextWait, retryAfterSeconds, sessionOf, signInPage,
} from "./logic/common.js";
import { announce, el, icon, isBusy, setBusy, showError, slot, speak, t, translate } from "./ui.js";

const SESSION = "learnermax.session";
const LANGUAGE = "learnermax.language";
const LONGEST_ANSWER = 30_000;
const A_WHILE = 4_000;
const LANGUAGE_NAMES = { en: "English", de: "Deutsch" };

/* Beginning -------------------------------------------------------------------------------------------------------- */

/**
 * Mounts a page with `mount(root, app)`; `app` is {school, coursePages, api, student, settings()}. `members` are pages for signed-in
 * students: whoever is not is asked to sign in, and comes back.
 */
export async function start(mount, { members = false } = {}) {
  const root = document.querySelector("main");
  reloadWhenComingBack();
  if (members && readSession() === null) {
    location.replace(signInPage(hereOf(location)));
    return;
  }
  try {
    await speakTheirLanguage();
    const config = await configuration();
    const app = appOf(config, members);
    frame(app);
    await mount(root, app);
  } catch (error) {
    const retry = canAskAgain(error) ? () => location.reload() : null;
    showError(slot(root, "page-error"), error, retry);
    giveUp(root);
  }
  root.removeAttribute("aria-busy");
}

/** Leaves of a page that could not be built only its frame and its error, under a heading for who listens. */
export function giveUp(root) {
  root.classList.add("has-failed");
  if ([...root.querySelectorAll("h1")].every((heading) => heading.closest("[data-page]"))) {
    root.prepend(el("h1", { class: "visually-hidden" }, document.title));
  }
}

/* config.json as early.js has it: from the visit before, or just asked for. Without one, the API is on the same origin. */
async function configuration() {
  const { apiBase = "", school = {}, coursePages = [] } = (await globalThis.learnermax.config) ?? {};
  return { apiBase: apiBase.replace(/\/$/, ""), school, coursePages };
}

async function speakTheirLanguage() {
  const page = document.documentElement;
  const code = page.lang;
  if (code !== "en") {
    const { default: words } = await import(`./texts/${code}.js`);
    speak(words, code, regionalOf(code));
    translate(document);
    page.classList.remove("is-translating");
  } else {
    speak(undefined, code, regionalOf(code));
  }
}

/* Numbers and dates as the browser's own variety of the language has them. */
function regionalOf(code) {
  return navigator.languages.find((tag) => tag.startsWith(`${code}-`)) ?? { en: "en-US" }[code] ?? code;
}

function appOf({ apiBase, school, coursePages }, members) {
  const ended = () => {
    dropSession();
    if (members) location.replace(signInPage(hereOf(location), { ended: true }));
    else location.reload();
  };
  let asked = null;
  return {
    school,
    coursePages,
    api: createApi(apiBase, ended),
    student: studentOf(readSession()),
    /** GET /api/config, asked once: keys to pay and to sign in. Throws ApiError. */
    settings(fresh = false) {
      asked ??= withRetry(() => send(`${apiBase}/api/config`, { cache: fresh ? "reload" : "default" })).then((a) => a.body);
      asked.catch(() => (asked = null)); // asked anew by whoever tries again
      return asked;
    },
  };
}

/* A page that the browser kept from before the payment would show yesterday's truth. */
function reloadWhenComingBack() {
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

/* The frame: the school's name and colours, who is signed in, the links at the foot. */
function frame({ school, student }) {
  const page = document.documentElement;
  for (const scheme of ["light", "dark"]) {
    const colour = school.accent?.[scheme];
    if (!colour) continue;
    page.style.setProperty(`--brand-${scheme}`, colour);
    page.style.setProperty(`--brand-${scheme}-hover`, `color-mix(in srgb, ${colour} 82%, ${scheme === "light" ? "black" : "white"})`);
  }
  const name = school.name ?? "LearnerMax";
  document.title = `${t(document.querySelector("title").dataset.title)} · ${name}`;
  for (const element of document.querySelectorAll("[data-school]")) element.textContent = name;
  if (school.logo) {
    const mark = document.querySelector(".brand .mark");
    mark.replaceWith(el("img", { class: "mark", src: school.logo, alt: "", width: "28", height: "28" }));
  }
  if (student) {
    slot(document, "initials").textContent = student.initials;
    const inOffice = document.querySelector("[data-view]");
    if (student.isOffice && !inOffice) document.querySelector(".site-nav").append(el("a", { href: "office.html", "data-testid": "to-office" }, t("office.nav")));
    slot(document, "account").title = t("account.signedInAs", { name: student.name });
  }
  for (const control of document.querySelectorAll("[data-signout]")) control.addEventListener("click", () => signOut());
  const here = hereOf(location);
  for (const link of document.querySelectorAll("[data-signin]")) {
    if (!/^(index|signin)\.html$/.test(here)) link.href = signInPage(here);
  }
  slot(document, "foot").replaceChildren(...footLinks(school));
}

function footLinks({ legal = {}, contact }) {
  const links = ["refunds", "terms", "privacy", "imprint"].filter((name) => legal[name]);
  const items = links.map((name) => el("a", { href: legal[name] }, t(`footer.${name}`)));
  if (contact) items.push(el("a", { href: `mailto:${contact}` }, contact));
  const current = document.documentElement.lang;
  for (const code of globalThis.learnermax.languages) {
    const choose = () => {
      localStorage.setItem(LANGUAGE, code);
      location.reload();
    };
    const pressed = String(code === current);
    items.push(el("button", { type: "button", lang: code, "aria-pressed": pressed, onclick: choose }, LANGUAGE_NAMES[code]));
  }
  return items.map((item) => el("li", {}, item));
}

/* The session: one for all tabs ------------------------------------------------------------------------------------ */

/** The signed-in session that all tabs share, or null; unreadable content counts as nothing. */
export function readSession() {
  try {
    return JSON.parse(localStorage.getItem(SESSION));
  } catch {
    return null;
  }
}

/**
 * Keeps Cognito's AuthenticationResult, with where to renew it and end it, and whether a second factor was asked for; a
 * refresh keeps what it does not bring.
 */
export function keepSession(result, place, previous = null) {
  localStorage.setItem(SESSION, JSON.stringify({ ...sessionOf(result, Date.now(), previous), ...place }));
}

/** Forgets the session in this browser: every tab is signed out. */
export function dropSession() {
  localStorage.removeItem(SESSION);
}

/** Ends the session in every tab, here and at the user pool, and goes to the storefront. */
export async function signOut({ everywhere = false } = {}) {
  const session = readSession();
  const { endSession } = await import("./auth.js");
  if (session) await endSession(session, everywhere);
  dropSession();
  location.assign("index.html");
}

/* Another tab signed out, or in as somebody else: this one must not go on as who it was. */
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key === SESSION && studentIn(oldValue) !== studentIn(newValue)) location.reload();
});

function studentIn(stored) {
  try {
    return claimsOf(JSON.parse(stored).idToken).sub ?? null;
  } catch {
    return null;
  }
}

function studentOf(session) {
  if (!session) return null;
  const claims = claimsOf(session.idToken);
  const name = nameOf(claims) || t("account.student");
  return { name, email: claims.email ?? "", id: claims.sub, initials: initialsOf(name), isOffice: isOffice(claims) || lacksFactor(claims) !== null };
}

/** A button to the provider's receipt of a payment; what goes wrong is shown in `errors`. */
export function receiptButton({ api }, session, errors) {
  const label = () => [icon("file"), t("purchases.receipt")];
  const control = el("button", { type: "button", class: "button-link", "data-testid": `receipt-${session.id}` }, label());
  control.addEventListener("click", open);
  return control;

  async function open() {
    if (isBusy(control)) return;
    setBusy(control, true, t("purchases.receipt"));
    errors.replaceChildren();
    try {
      const address = new URL(await withRetry(() => api.receipt(session.id)));
      if (!["https:", location.protocol].includes(address.protocol)) throw new TypeError("A receipt is a page.");
      location.assign(address);
    } catch (error) {
      showError(errors, error, canAskAgain(error) ? open : null);
    }
    setBusy(control, false, t("purchases.receipt"));
    control.replaceChildren(...label());
  }
}

let renewing = null;

/* One renewal at a time in this tab, and of all tabs where the browser can tell; a tab that waited takes the new one. */
function renew(stale) {
  const once = async () => {
    const session = readSession();
    if (!session || session.idToken !== stale) return;
    const { renewed } = await import("./auth.js");
    const { endpoint, clientId, secondFactor } = session;
    keepSession(await renewed(session), { endpoint, clientId, secondFactor }, session);
  };
  const alone = navigator.locks ? () => navigator.locks.request("learnermax.renew", once) : once;
  renewing ??= alone().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function bearer() {
  return (await freshSession())?.idToken ?? null;
}

/** The session, its tokens renewed where they are about to end; null where nobody is signed in. Throws SignInError. */
export async function freshSession() {
  const session = readSession();
  if (session && isStale(session, Date.now())) await renew(session.idToken);
  return readSession();
}

/** Gets new tokens now, by which the pages and the API learn what has changed at the user pool. Throws SignInError. */
export function renewTokens() {
  return renew(readSession()?.idToken);
}

/* The API ---------------------------------------------------------------------------------------------------------- */

/**
 * The API refused or did not answer. `status` 0 means no answer; `sentence` is its own, for a person; `session` is the
 * payment session's true state, where the refusal comes with it.
 */
export class ApiError extends Error {
  constructor(status, { error, code = "unknown", requestId = null, session = null } = {}, retryAfter = null) {
    super(error || code);
    Object.assign(this, { status, code, requestId, session, retryAfter, sentence: error });
  }
}

function createApi(base, onEnded) {
  async function call(path, { method = "GET", body, as } = {}) {
    try {
      return await send(base + path, await request(method, body), as);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !readSession()) throw error;
    }
    await renew(readSession().idToken).catch(endedOrOffline);
    try {
      return await send(base + path, await request(method, body), as);
    } catch (error) {
      if (error.status === 401) onEnded();
      throw error;
    }
  }

  async function request(method, body) {
    const headers = {};
    const token = await bearer().catch(endedOrOffline);
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  }

  function endedOrOffline(error) {
    if (error.kind === "NetworkError") throw new ApiError(0);
    onEnded();
    throw new ApiError(401);
  }

  const read = async (path) => (await call(path)).body;
  const write = async (method, path, body) => (await call(path, { method, body })).body;
  const id = encodeURIComponent;

  /* All of them may be repeated: the API answers a repeated POST with what the first one made. */
  return {
    /** One page of courses: {courses, next}; `next` asks for the following page, null after the last. */
    async courses(cursor = null) {
      const query = cursor ? `?${new URLSearchParams({ cursor })}` : "";
      const { body, headers } = await send(`${base}/api/courses${query}`, {});
      return { courses: body, next: headers.get("X-Next-Cursor") };
    },
    course: async (courseId) => (await send(`${base}/api/courses/${id(courseId)}`, {})).body,
    listedCoupons: async () => (await send(`${base}/api/payments/coupons/active`, {})).body,
    enrollments: () => read("/api/enrollments"),
    /** {state, position, heldUntil}: in line for a seat of the course (`waiting`), with one (`held`), or neither (`none`). */
    place: (courseId) => read(`/api/courses/${id(courseId)}/waitlist`),
    joinLine: (courseId) => write("POST", `/api/courses/${id(courseId)}/waitlist`),
    leaveLine: (courseId) => write("DELETE", `/api/courses/${id(courseId)}/waitlist`),
    enrollment: (courseId) => read(`/api/enrollments/${id(courseId)}`),
    advance: (courseId, step) => write("PATCH", `/api/enrollments/${id(courseId)}`, step),
    /** {status: "active", enrollment}, or {status: "pending"} with a clientSecret or a redirectUrl to pay at. */
    enroll: (courseId, couponCode, provider) =>
      write("POST", "/api/enrollments", { courseId, ...(couponCode && { couponCode }), ...(provider && { provider }) }),
    checkout: (checkoutId) => read(`/api/checkout/session/${id(checkoutId)}`),
    validateCoupon: (code, courseId) => write("POST", "/api/payments/coupons/validate", { code, courseId }),
    sessions: () => read("/api/payments/sessions"),
    session: (sessionId) => read(`/api/payments/sessions/${id(sessionId)}`),
    /** Where the provider shows the receipt; the address ends after a while, so it is asked for at each click. */
    receipt: async (sessionId) => (await read(`/api/payments/sessions/${id(sessionId)}/receipt`)).receiptUrl,
    cancel: (sessionId) => write("POST", `/api/payments/sessions/${id(sessionId)}/cancel`),
    /** {url, expiresAt}: where a lesson can be seen now. */
    lesson: (courseId, lessonId) => read(`/api/courses/${id(courseId)}/lessons/${id(lessonId)}/content`),
    certify: (courseId) => write("POST", `/api/enrollments/${id(courseId)}/certificate`),
    certificate: async (number) => (await send(`${base}/api/certificates/${id(number)}`, {})).body,
    async askForMail(courseId, email) {
      const headers = { "Content-Type": "application/json" };
      const path = `${base}/api/courses/${id(courseId)}/interest`;
      return (await send(path, { method: "POST", headers, body: JSON.stringify({ email }) })).body;
    },
    /** Any other call: {body, headers}; `as` is "text" for a body that is no JSON. */
    ask: call,
    me: () => read("/api/students/me"),
    exportMe: () => write("POST", "/api/students/me/export"),
    deleteMe: () => write("POST", "/api/students/me/deletion", { confirm: "delete" }),
    rename: (name) => write("PATCH", "/api/students/me", { name }),
  };
}

async function send(url, options, as = "json") {
  const heard = sayWhenSlow();
  let response;
  try {
    response = await (begunBefore(url, options) ?? fetch(url, { ...options, signal: AbortSignal.timeout(LONGEST_ANSWER) }));
  } catch {
    throw new ApiError(0);
  } finally {
    heard();
  }
  const body = await response[response.ok ? as : "json"]().catch(() => null);
  if (!response.ok) {
    throw new ApiError(response.status, body ?? {}, retryAfterSeconds(response.headers.get("Retry-After")));
  }
  if (body === null) throw new ApiError(502);
  return { body, headers: response.headers };
}

/* The answer to a call that early.js has begun, for the first who asks; null where there is none. */
function begunBefore(url, { method = "GET", cache }) {
  const { begun } = globalThis.learnermax;
  const answer = method === "GET" && cache !== "reload" ? begun.get(url) : null;
  begun.delete(url);
  return answer ?? null;
}

/* Patience --------------------------------------------------------------------------------------------------------- */

/** Calls `act` after a while of silence, unless the function that it answers with is called before. */
export function afterAWhile(act) {
  const timer = setTimeout(act, A_WHILE);
  return () => clearTimeout(timer);
}

/** Says something late in a box that is still loading, and to screen readers. */
export function announceLate(box, text) {
  box.querySelector(".mount-loading")?.append(el("p", { class: "note" }, text));
  announce(text);
}

let waiting = 0;

/* A word after a while, seen and read aloud, and taken back with the last answer that was late. */
function sayWhenSlow() {
  let late = false;
  const stop = afterAWhile(() => {
    late = true;
    waiting += 1;
    if (waiting > 1) return;
    document.body.append(el("p", { class: "slow-note", "data-testid": "slow" }, icon("clock"), t("state.slow")));
    announce(t("state.slow"));
  });
  return () => {
    stop();
    if (!late) return;
    waiting -= 1;
    if (waiting === 0) document.querySelector(".slow-note")?.remove();
  };
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/**
 * What `action` answers, asked up to `attempts` times while it fails in a passing way. `onWait` is called before each
 * further attempt; a word is said after a while, however quickly each of them fails. Throws the last error.
 */
export async function withRetry(action, { attempts = 3, onWait = () => {} } = {}) {
  const heard = sayWhenSlow();
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await action();
      } catch (error) {
        const wait = isPassing(error) ? nextWait({ attempt, attempts, retryAfter: error.retryAfter }) : null;
        if (wait === null) throw error;
        onWait(wait);
        await pause(wait);
      }
    }
  } finally {
    heard();
  }
}

