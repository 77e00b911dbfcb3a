/** The part of the account page where a second factor is set up and switched off. */

import { dropSession, readSession, renewTokens } from "./app.js";
import { SignInError } from "./auth.js";
import { claimsOf, hereOf, isOffice, lacksFactor, signInPage } from "./logic/common.js";
import { addressOf, createSecondFactor, inGroups } from "./second_factor.js";
import { button, el, isBusy, linkButton, setBusy, showNotice, slot, spinner, t } from "./ui.js";

const SENTENCES = {
  CodeMismatchException: "account.factorWrong",
  EnableSoftwareTokenMFAException: "account.factorWrong",
  InvalidParameterException: "account.factorWrong",
  SoftwareTokenMFANotFoundException: "account.factorNone",
  TooManyRequestsException: "signin.fail.often",
  LimitExceededException: "signin.fail.often",
  NetworkError: "signin.fail.offline",
};

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules of margin that a scanner wants

/* The address as a QR code; without its script, the key is typed. */
async function pictureOf(address) {
  const found = await import("./vendor/qrcode-generator.js").catch(() => null);
  if (!found) return null;
  const code = found.qrcode(0, "M");
  code.addData(address);
  code.make();
  const rows = [...Array(code.getModuleCount()).keys()];
  const dark = rows.flatMap((y) => rows.filter((x) => code.isDark(y, x)).map((x) => `M${x} ${y}h1v1h-1z`));
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dark.join(""));
  const svg = document.createElementNS(SVG, "svg");
  const size = rows.length + 2 * QUIET;
  const attributes = { class: "key-picture", role: "img", "aria-label": t("account.factorPicture"), "data-testid": "factor-picture" };
  for (const [name, value] of Object.entries({ ...attributes, viewBox: `${-QUIET} ${-QUIET} ${size} ${size}`, "shape-rendering": "crispEdges" })) {
    svg.setAttribute(name, value);
  }
  svg.append(path);
  return svg;
}

/** Shows the state of the second factor as the user pool has it, and what can be done about it. */
export function mountFactor(root, { school, student }) {
  const factor = createSecondFactor();
  const notice = slot(root, "factor-notice");
  const box = slot(root, "factor-state");
  slot(root, "factor").hidden = false;
  look();

  async function look() {
    box.replaceChildren(el("p", { class: "note" }, spinner(), " ", t("account.factorBusy")));
    const isOn = await attempt(() => factor.isOn(), look);
    if (isOn === undefined) return box.replaceChildren();
    const reason = lacksFactor(claimsOf(readSession().idToken));
    if (isOn && reason) await learn();
    const rest = lacksFactor(claimsOf(readSession().idToken));
    if (rest) showNotice(notice, { tone: "warn", text: t(isOn || rest === "unknown" ? "account.factorUnknown" : "account.factorMissing") });
    return show(isOn);
  }

  function show(isOn) {
    const ways = isOn
      ? [button(t("account.factorStop"), askToStop, { "data-testid": "factor-stop" }), button(t("account.factorBeginAgain"), begin, { "data-testid": "factor-begin" })]
      : [el("button", { type: "button", class: "button", onclick: begin, "data-testid": "factor-begin" }, t("account.factorBegin"))];
    box.replaceChildren(
      el("p", { "data-testid": "factor-is", tabindex: "-1" }, t(isOn ? "account.factorOn" : "account.factorOff")),
      el("div", { class: "actions" }, ways));
  }

  async function begin({ currentTarget: control }) {
    if (isBusy(control)) return;
    const label = control.textContent;
    setBusy(control, true, t("account.factorBusy"));
    const key = await attempt(() => factor.begin());
    if (key) await showKey(key);
    setBusy(control, false, label);
  }

  async function showKey(key) {
    const address = addressOf(key, school.name ?? "LearnerMax", student.email);
    const picture = await pictureOf(address);
    notice.replaceChildren();
    const code = el("input", { class: "input input-code", id: "factor-code", name: "code", inputmode: "numeric", autocomplete: "one-time-code", required: true, maxlength: "12", "data-testid": "factor-code" });
    const submit = el("button", { type: "submit", class: "button", "data-testid": "factor-confirm" }, t("account.factorConfirm"));
    const first = el("p", { tabindex: "-1" }, t("account.factorApp"));
    const form = el("form", { class: "stack", method: "post" },
      el("div", { class: "field" }, el("label", { for: "factor-code" }, t("account.factorType")), code),
      el("div", { class: "actions" }, submit, button(t("account.factorCancel"), look)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      confirm(submit, code);
    });
    box.replaceChildren(el("div", { class: "factor-setup" },
      el("div", { class: "stack" }, first, el("p", {}, t(picture ? "account.factorScan" : "account.factorKey")),
        el("p", { class: "code", "data-testid": "factor-key" }, inGroups(key)),
        el("p", {}, el("a", { class: "text-link", href: address }, t("account.factorOpen"))),
        form),
      picture));
    first.focus();
  }

  async function confirm(submit, code) {
    if (isBusy(submit)) return;
    setBusy(submit, true, t("account.factorBusy"));
    const isOn = await attempt(async () => {
      await factor.confirm(code.value.replace(/\s/g, ""));
      return true;
    });
    setBusy(submit, false, t("account.factorConfirm"));
    if (!isOn) return code.focus();
    await learn();
    const office = isOffice(claimsOf(readSession().idToken)) ? [linkButton("office.html", t("account.factorToOffice"))] : [];
    return settle(true, "account.factorDone", office);
  }

  function askToStop() {
    const stop = el("button", { type: "button", class: "button button-danger", onclick: switchOff, "data-testid": "factor-stop-yes" }, t("account.factorStopYes"));
    showNotice(notice, { tone: "warn", text: t("account.factorStopSure"), actions: [stop, button(t("account.factorKeep"), () => notice.replaceChildren())] });
    stop.focus();
  }

  async function switchOff({ currentTarget: control }) {
    if (isBusy(control)) return;
    setBusy(control, true, t("account.factorBusy"));
    const isOff = await attempt(async () => {
      await factor.switchOff();
      return true;
    });
    if (!isOff) return;
    await learn();
    settle(false, "account.factorGone");
  }

  function settle(isOn, key, actions = []) {
    show(isOn);
    showNotice(notice, { tone: "good", text: t(key), actions });
    box.querySelector("[data-testid=factor-is]").focus();
  }

  /* The tokens follow what changed; where they cannot just now, the next ones will. */
  async function learn() {
    try {
      await renewTokens();
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
    }
  }

  /* What `action` answers, undefined where Cognito refused: then a sentence says why. */
  async function attempt(action, again = null) {
    try {
      const answer = await action();
      if (notice.querySelector("[role=alert]")) notice.replaceChildren();
      return answer;
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      if (error.kind === "NotAuthorizedException") {
        dropSession();
        location.replace(signInPage(hereOf(location), { ended: true }));
        return undefined;
      }
      const actions = again ? [button(t("action.again"), again)] : [];
      showNotice(notice, { tone: "bad", text: t(SENTENCES[error.kind] ?? "signin.fail.other"), actions });
      return undefined;
    }
  }
}
