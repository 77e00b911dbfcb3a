/** return.html?session_id=...: what became of the payment; asks until it is settled, with an end. */

import { pause, receiptButton, start, withRetry } from "../app.js";
import { checkoutPage, isPassing, learnPage, MY_COURSES, nextPoll, PURCHASES } from "../logic/common.js";
import { purchaseOf, returnState, state } from "../logic/purchases.js";
import { button, day, el, icon, linkButton, money, setText, showError, slot, spinner, t } from "../ui.js";

const MARKS = { good: "check", warn: "clock", bad: "alert" };
const PAID = new Set(["enrolled", "settling", "review", "confirming"]);

/** Asks what became of the checkout and shows it, until nothing more can change or it has asked often enough. */
export async function mountReturn(root, app) {
  const query = new URLSearchParams(location.search);
  const checkoutId = query.get("session_id") ?? query.get("token") ?? ""; // each provider names its checkout its own way
  const panel = slot(root, "outcome");
  let courseId = null;
  let session = null;
  if (!checkoutId) return show(state("not_found"));
  return follow();

  async function follow() {
    show(state("asking"));
    for (let polls = 0; ; polls += 1) {
      const shown = await look(polls);
      show(shown);
      const wait = shown.final ? null : nextPoll(polls + 1);
      if (wait === null || shown.name === "unavailable") return;
      await pause(wait);
    }
  }

  async function look(polls) {
    try {
      const checkout = await withRetry(() => app.api.checkout(checkoutId), { attempts: 4 });
      courseId = checkout.courseId ?? courseId;
      session = await findSession();
      return returnState(checkout, session, polls);
    } catch (error) {
      if (error.status === 404) return state("not_found");
      if (!isPassing(error)) showError(slot(panel, "page-error"), error);
      return state("unavailable");
    }
  }

  /* Amount and order number are a help only: without them, what became of the payment is said all the same. */
  async function findSession() {
    const sessions = await app.api.sessions().catch(() => []);
    return sessions.find(({ providerSessionId, stripeSessionId }) => (providerSessionId ?? stripeSessionId) === checkoutId) ?? session;
  }

  function show(now) {
    const isNew = panel.dataset.state !== now.name;
    panel.dataset.state = now.name;
    showFacts(now);
    if (!isNew) return;
    const title = t(`return.${now.name}`);
    document.title = `${title} · ${app.school.name ?? "LearnerMax"}`;
    setText(panel, "title", title);
    const named = now.name === "enrolled" && session?.courseName;
    setText(panel, "text", named ? t("return.enrolled.named", { name: named }) : t(`return.${now.name}.text`));
    const mark = slot(panel, "mark");
    mark.className = `outcome-mark is-${now.tone}`;
    mark.replaceChildren(now.tone === "wait" ? spinner() : icon(MARKS[now.tone]));
    slot(panel, "actions").replaceChildren(...actionsOf(now.action));
  }

  function showFacts({ name }) {
    const facts = slot(panel, "facts");
    facts.hidden = !session;
    if (!session) return;
    const { total } = purchaseOf(session);
    const line = (key, value) => value && el("div", {}, el("dt", {}, t(key)), el("dd", {}, value));
    facts.replaceChildren(...[
      line("return.course", session.courseName),
      line(name === "enrolled" ? "return.paid" : "return.amount", money(total, session.currency)),
      PAID.has(name) && line("return.date", day(session.updatedAt ?? session.createdAt)),
      line("return.order", el("span", { class: "code", "data-testid": "order-number" }, session.id)),
    ].filter(Boolean));
  }

  function actionsOf(action) {
    const quiet = (address, key) => linkButton(address, t(key), { class: "button button-quiet" });
    const purchases = quiet(PURCHASES, "return.toPurchases");
    if (action === "start") {
      const first = courseId ? linkButton(learnPage(courseId), t("course.start"), { "data-testid": "start-course" }) : linkButton(MY_COURSES, t("nav.mine"));
      const receipt = session && purchaseOf(session).hasReceipt ? [receiptButton(app, session, slot(panel, "page-error"))] : [];
      return [first, purchases, ...receipt];
    }
    if (action === "purchases") return [linkButton(PURCHASES, t("return.toPurchases")), quiet(MY_COURSES, "nav.mine")];
    if (action === "checkout" && courseId) return [linkButton(checkoutPage(courseId), t("return.toCheckout")), purchases];
    if (action === "checkout") return [linkButton("index.html", t("store.all")), purchases];
    if (action === "retry") return [button(t("return.askAgain"), follow, { class: "button" }), purchases];
    return [];
  }
}

start(mountReturn, { members: true });
