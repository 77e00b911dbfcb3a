/** signin.html: the ways in: sign in, make an account, confirm it, set a new password; then on to where one wanted. */

import { keepSession, readSession, start } from "../app.js";
import { createAuth, SignInError } from "../auth.js";
import { safeNext, intentOf } from "../logic/common.js";
import { isGoodPassword, refusalOf, rulesFor } from "../logic/passwords.js";
import { cover, el, icon, isBusy, setBusy, showNotice, slot, t } from "../ui.js";

const MODES = ["in", "up", "confirm", "forgot", "reset", "first", "factor"];
const INSIDE = ["first", "factor"]; // answers to a challenge: no address leads there

/* A code of an app is not sent, and Cognito calls one too old that was used before. */
const FACTOR_REASONS = { code: "codeOfApp", codeExpired: "codeUsed", invalid: "codeOfApp" };

/** Mounts the forms; somebody who is signed in goes straight on, unless they came for a new password. */
export async function mountSignIn(root, app) {
  const query = new URLSearchParams(location.search);
  const notice = slot(root, "notice");
  const forms = Object.fromEntries(MODES.map((mode) => [mode, root.querySelector(`form[data-mode="${mode}"]`)]));
  const goOn = () => location.replace(safeNext(query.get("next")));
  let mode = "in";
  let challenge = null;
  let auth = null;
  let password = ""; // what was chosen for a new account, so that confirming it signs in at once; never stored

  const actions = {
    in: async ({ email, password: typed }) => {
      password = typed.value;
      settle(await auth.signIn(email.value.trim(), typed.value));
    },
    up: async ({ name, email, password: typed }) => {
      await auth.signUp(name.value.trim(), email.value.trim(), typed.value);
      password = typed.value;
      go("confirm");
    },
    confirm: async ({ email, code }) => {
      await auth.confirm(email.value.trim(), code.value.trim());
      if (password) return settle(await auth.signIn(email.value.trim(), password));
      go("in");
      return showNotice(notice, { tone: "good", text: t("signin.confirmed") });
    },
    forgot: async ({ email }) => {
      await auth.forgot(email.value.trim());
      go("reset");
    },
    reset: async ({ email, code, password: typed }) => {
      await auth.reset(email.value.trim(), code.value.trim(), typed.value);
      settle(await auth.signIn(email.value.trim(), typed.value));
    },
    first: async ({ password: typed }) => settle(await auth.setFirstPassword(challenge, typed.value)),
    factor: async ({ code }) => settle(await auth.answerFactor(challenge, digitsOf(code.value)), { secondFactor: true }),
  };

  const asked = MODES.includes(query.get("mode")) && !INSIDE.includes(query.get("mode")) ? query.get("mode") : "in";
  if (readSession() && asked !== "forgot" && asked !== "reset") return goOn();
  if (app.student) forms.forgot.elements.email.value = app.student.email;
  show(asked);
  if (query.get("ended")) showNotice(notice, { text: t("signin.ended") });
  showWish(root, app, query.get("next"));
  for (const control of root.querySelectorAll("[data-go]")) control.addEventListener("click", () => go(control.dataset.go));
  for (const control of root.querySelectorAll("[data-reveal]")) control.addEventListener("click", () => reveal(control));
  for (const list of root.querySelectorAll("[data-rules]")) mountRules(list);
  for (const [name, form] of Object.entries(forms)) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(name, form);
    });
  }
  slot(root, "send-again").addEventListener("click", sendAgain);
  // Past the cache: an old client that is gone would let nobody in. What is sent before the answer waits for it.
  const opening = app.settings(true).then((settings) => {
    auth = createAuth(settings.auth);
  });
  for (const control of root.querySelectorAll("[type=submit]")) control.disabled = false;
  await opening;
  return undefined;

  /* From one form to the next, with the address that was typed; the heading takes the focus, so that it is read. */
  function go(next) {
    notice.replaceChildren();
    show(next, emailIn(mode));
    const fields = [...forms[next].querySelectorAll(".input")].filter((field) => field.offsetParent);
    (fields.find((field) => !field.value) ?? fields[0] ?? slot(root, "heading")).focus();
  }

  function show(next, email = null) {
    mode = next;
    for (const [name, form] of Object.entries(forms)) form.hidden = name !== next;
    const field = forms[next].elements.email;
    if (email && field) field.value = email;
    slot(root, "heading").textContent = t(`signin.${next}.heading`);
    slot(root, "lead").textContent = t(`signin.${next}.lead`, { email: field?.value || t("signin.email") });
    if (next === "confirm") slot(root, "confirm-email").hidden = Boolean(field.value);
    const mark = new URLSearchParams(query);
    mark.set("mode", next);
    mark.delete("ended");
    if (next === "in" || INSIDE.includes(next)) mark.delete("mode");
    const text = mark.toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
  }

  function emailIn(name) {
    return forms[name].elements.email?.value.trim() ?? "";
  }

  async function submit(name, form) {
    const control = form.querySelector("[type=submit]");
    if (isBusy(control)) return;
    const fields = form.elements;
    notice.replaceChildren();
    if (["up", "reset", "first"].includes(name) && !isGoodPassword(fields.password.value)) return refuse(form, "weak");
    setBusy(control, true, t("signin.busy"));
    try {
      await opening.catch(() => {}); // the page says so itself
      if (auth) await actions[name](fields);
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      refused(name, form, error);
    } finally {
      setBusy(control, false, t(`signin.${name}.submit`));
    }
  }

  /* Signed in; or Cognito wants something first, of which two things can be answered here: a first password, a code. */
  function settle(answer, more = {}) {
    if (answer.result) {
      keepSession(answer.result, { ...auth.place, ...more });
      return goOn();
    }
    const next = { NEW_PASSWORD_REQUIRED: "first", SOFTWARE_TOKEN_MFA: "factor" }[answer.challenge];
    if (!next) return showNotice(notice, { tone: "bad", text: t("signin.fail.challenge") });
    challenge = answer;
    forms[next].reset();
    forms[next].elements.email.value = answer.username;
    return go(next);
  }

  /* Every refusal that has a way on leads there: to the code, to a new password, to signing in. */
  function refused(name, form, error) {
    const reason = refusalOf(error.kind, error.message);
    const way = { unconfirmed: ["confirm", "signin.toConfirm"], reset: ["forgot", "signin.forgot.submit"] }[reason];
    if (reason === "exists") return showReason(reason, [["in", "signin.toIn"], ["forgot", "signin.toForgot"]]);
    if (way) return showReason(reason, [way]);
    if (reason === "wrong" && INSIDE.includes(name)) return again(name);
    return refuse(form, name === "factor" ? FACTOR_REASONS[reason] ?? reason : reason);
  }

  /* The challenge has ended: Cognito gives three minutes for an answer. */
  function again(name) {
    go("in");
    showNotice(notice, { tone: "bad", text: t(name === "factor" ? "signin.fail.factorEnded" : "signin.ended") });
  }

  function showReason(reason, ways) {
    const actions = ways.map(([next, key]) => el("button", { type: "button", class: "button button-quiet", onclick: () => go(next) }, t(key)));
    showNotice(notice, { tone: "bad", text: t(`signin.fail.${reason}`), actions });
  }

  function refuse(form, reason) {
    showNotice(notice, { tone: "bad", text: t(`signin.fail.${reason}`) });
    (form.elements[reason.startsWith("code") ? "code" : "password"] ?? form.querySelector(".input")).focus();
  }

  async function sendAgain() {
    if (!auth) return;
    const email = emailIn("confirm");
    try {
      await auth.sendCodeAgain(email);
      showNotice(notice, { tone: "good", text: t("signin.sentAgain", { email }) });
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      refuse(forms.confirm, refusalOf(error.kind, error.message));
    }
  }
}

/* What it is for: the course that waits behind the sign-in. A kindness only; without it, the form stands as it is. */
async function showWish(root, { api, school }, next) {
  const intent = intentOf(next);
  if (!intent) return;
  const course = await api.course(intent.courseId).catch(() => null);
  if (!course) return;
  const { coverOf, pictureOf } = await import("../logic/courses.js");
  const key = next.startsWith("checkout") ? "signin.forBuy" : intent.joins ? "signin.forJoin" : "signin.forLearn";
  slot(root, "intent").replaceChildren(
    cover(coverOf(course), pictureOf(course, school.imageOrigins)),
    el("p", {}, el("span", { class: "small" }, t(key)), el("br"), el("b", {}, course.name)),
  );
  slot(root, "intent").hidden = false;
}

/* Apps show a code with a space in the middle. */
function digitsOf(text) {
  return text.replace(/\s/g, "");
}

function mountRules(list) {
  const field = list.closest("form").elements.password;
  const showRules = () => list.replaceChildren(...rulesFor(field.value).map(({ name, met }) =>
    el("li", { class: met ? "is-met" : null }, icon(met ? "check" : "dot"), t(`signin.rule.${name}`),
      met && el("span", { class: "visually-hidden" }, `, ${t("signin.ruleMet")}`))));
  field.addEventListener("input", showRules);
  showRules();
}

function reveal(control) {
  const field = document.getElementById(control.getAttribute("aria-controls"));
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  control.setAttribute("aria-pressed", String(shown));
  control.textContent = t(shown ? "signin.hide" : "signin.show");
}

start(mountSignIn);
