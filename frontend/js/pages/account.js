/** account.html: the student's name, signing out everywhere, a second factor, their data as a file, the account's end. */

import { dropSession, readSession, signOut, start, withRetry } from "../app.js";
import { canAskAgain, claimsOf, isOffice, lacksFactor, PURCHASES } from "../logic/common.js";
import { announce, button, el, icon, isBusy, linkButton, setBusy, showError, showNotice, slot, t } from "../ui.js";

const FILE = "my-data.json";

/** Shows the student's record and what can be done with it. */
export async function mountAccount(root, app) {
  const form = slot(root, "name-form");
  const save = slot(root, "save");
  const me = await withRetry(() => app.api.me());
  form.elements.name.value = me.name ?? "";
  slot(root, "email").textContent = me.email ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rename();
  });
  slot(root, "download").addEventListener("click", download);
  mountEnd(root, app);
  const everywhere = slot(root, "everywhere");
  everywhere.addEventListener("click", () => {
    if (isBusy(everywhere)) return;
    setBusy(everywhere, true, t("account.signOutEverywhere"));
    signOut({ everywhere: true });
  });
  if (concernsFactor(readSession())) {
    const { mountFactor } = await import("../factor_panel.js");
    mountFactor(root, app);
  }

  async function rename() {
    const notice = slot(root, "name-notice");
    const name = form.elements.name.value.trim();
    if (isBusy(save)) return;
    if (!name) {
      showNotice(notice, { tone: "bad", text: t("account.nameMissing") });
      return;
    }
    setBusy(save, true, t("account.saving"));
    try {
      form.elements.name.value = (await withRetry(() => app.api.rename(name))).name;
      showNotice(notice, { tone: "good", text: t("account.saved") });
    } catch (error) {
      showError(notice, error);
    }
    setBusy(save, false, t("account.save"));
  }

  async function download() {
    const control = slot(root, "download");
    const notice = slot(root, "data-notice");
    if (isBusy(control)) return;
    setBusy(control, true, t("account.downloading"));
    notice.replaceChildren();
    try {
      const data = await withRetry(() => app.api.exportMe());
      offer(FILE, JSON.stringify(data, null, 2));
      const text = t(data.complete ? "account.downloaded" : "account.downloadedPart", { name: FILE });
      showNotice(notice, { tone: data.complete ? "good" : "warn", text });
    } catch (error) {
      if (error.code === "rate_limited") showNotice(notice, { tone: "warn", text: t("account.downloadOften") });
      else showError(notice, error, canAskAgain(error) ? download : null);
    }
    setBusy(control, false, t("account.download"));
  }
}

/* A second factor is for the school's people, and for whoever signed in here with a code. */
function concernsFactor({ idToken, secondFactor }) {
  const claims = claimsOf(idToken);
  return isOffice(claims) || lacksFactor(claims) !== null || secondFactor === true;
}

/* The end of an account: what goes and what stays is read first, a word is typed, and money on its way comes before. */
function mountEnd(root, app) {
  const form = slot(root, "end-form");
  const notice = slot(root, "end-notice");
  const submit = slot(root, "end-submit");
  const fold = slot(root, "end");
  fold.addEventListener("toggle", () => {
    if (fold.open) look();
  });
  if (fold.open) look(); // it was opened while the page was still on its way
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    erase();
  });

  /* Whose money is on its way reads so before they decide; the API has the last word. */
  async function look() {
    const waiting = await waitsFor();
    form.hidden = waiting.length > 0;
    if (waiting.length > 0) tellToWait(waiting);
    else notice.replaceChildren();
  }

  async function waitsFor() {
    const [sessions, { stateOf }] = await Promise.all([app.api.sessions().catch(() => []), import("../logic/purchases.js")]);
    const undecided = ["processing", "review", "disputed"];
    return sessions.map((session) => ({ ...session, state: stateOf(session) })).filter(({ state }) => undecided.includes(state));
  }

  function tellToWait(sessions) {
    const box = showNotice(notice, { tone: "warn", text: t("account.endWaits"), actions: [linkButton(PURCHASES, t("return.toPurchases"), { class: "button button-quiet" })] });
    const lines = sessions.map(({ courseName, courseId, state }) =>
      el("li", {}, t("account.endWaitsFor", { course: courseName || courseId, state: t(`purchase.${state}`) })));
    box.querySelector("p").after(lines.length > 0 ? el("ul", { class: "bullets" }, lines) : el("p", {}, t("account.endWaitsRefund")));
    box.setAttribute("data-testid", "end-waits");
    box.setAttribute("tabindex", "-1");
    return box;
  }

  async function erase() {
    if (isBusy(submit)) return;
    const field = form.elements.word;
    const typed = field.value.trim().toLocaleLowerCase();
    field.setAttribute("aria-invalid", String(typed !== t("account.endWord")));
    if (typed !== t("account.endWord")) {
      showNotice(notice, { tone: "bad", text: t("account.endWrong") });
      field.focus();
      return;
    }
    notice.replaceChildren();
    setBusy(submit, true, t("account.endBusy"));
    try {
      const done = await withRetry(() => app.api.deleteMe());
      const { deleteSignIn } = await import("../auth.js");
      const session = readSession();
      const isGone = done.signInDeleted === true || (session !== null && await deleteSignIn(session));
      dropSession();
      sayGoodbye(root, app, done, isGone);
      return;
    } catch (error) {
      if (error.code === "money_under_way") {
        form.hidden = true;
        tellToWait(await waitsFor()).focus();
      } else if (canAskAgain(error)) {
        showNotice(notice, { tone: "bad", text: t("account.endFailed"), requestId: error.requestId, actions: [button(t("action.again"), erase)] });
      } else showError(notice, error);
    }
    setBusy(submit, false, t("account.endSubmit"));
  }
}

function sayGoodbye(root, { school }, { enrollmentsEnded, paymentsKept }, isGone) {
  document.documentElement.dataset.who = "guest";
  const title = t("account.gone");
  const heading = el("h1", { tabindex: "-1" }, title);
  const facts = [
    enrollmentsEnded > 0 && t("account.goneCourses", { count: enrollmentsEnded }),
    paymentsKept > 0 && t("account.gonePayments", { count: paymentsKept }),
  ].filter(Boolean);
  const rest = el("div", {});
  root.replaceChildren(el("div", { class: "panel outcome", "data-testid": "account-gone" },
    el("div", { class: "outcome-mark is-good", "aria-hidden": "true" }, icon("check")),
    heading,
    el("p", { class: "outcome-text" }, t("account.goneText")),
    facts.length > 0 && el("ul", { class: "bullets" }, facts.map((fact) => el("li", {}, fact))),
    !isGone && rest,
    el("div", { class: "actions" }, linkButton("index.html", t("store.all")))));
  root.classList.add("page-narrow");
  if (!isGone) {
    const contact = school.contact ? [el("a", { href: `mailto:${school.contact}` }, school.contact)] : [];
    showNotice(rest, { tone: "warn", text: t("account.goneSignIn"), actions: contact });
  }
  document.title = `${title} · ${school.name ?? "LearnerMax"}`;
  heading.focus();
  announce(title);
}

function offer(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

start(mountAccount, { members: true });
