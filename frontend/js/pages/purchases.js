/** purchases.html: what was bought and where each payment stands; cancelling one that is still open. */

import { receiptButton, start, withRetry } from "../app.js";
import { canAskAgain, checkoutPage, learnPage } from "../logic/common.js";
import { coverOf } from "../logic/courses.js";
import { purchaseOf, purchasesOf } from "../logic/purchases.js";
import { announce, badge, button, cover, day, el, isBusy, linkButton, money, setBusy, showError, slot, t } from "../ui.js";

/** Loads the student's payment sessions and shows them as purchases. */
export async function mountPurchases(root, app) {
  const list = slot(root, "list");
  const skeletons = [...list.children];
  await load();

  async function load() {
    slot(root, "page-error").replaceChildren();
    list.replaceChildren(...skeletons);
    list.setAttribute("aria-busy", "true");
    try {
      render(await withRetry(() => app.api.sessions()));
    } catch (error) {
      list.replaceChildren();
      showError(slot(root, "page-error"), error, load);
    }
    list.removeAttribute("aria-busy");
  }

  function render(sessions) {
    const { shown, ended } = purchasesOf(sessions);
    list.replaceChildren(...shown.map(rowOf));
    slot(root, "empty").hidden = shown.length > 0;
    slot(root, "empty-text").textContent = t(ended.length > 0 ? "purchases.onlyEnded" : "purchases.emptyText");
    slot(root, "ended").hidden = ended.length === 0;
    slot(root, "ended-title").textContent = t("purchases.ended", { count: ended.length });
    slot(root, "ended-list").replaceChildren(...ended.map(rowOf));
    if (sessions.length > 0) showHelp();
  }

  function rowOf(session) {
    const view = purchaseOf(session);
    const id = session.id;
    const label = view.known ? t(`purchase.${view.state}`) : view.state;
    const errors = el("div", { class: "row-error" });
    const cancel = view.canCancel && button(t("purchases.cancel"), () => cancelIt(row, session, cancel, errors), { "data-testid": `cancel-${id}` });
    const row = el("li", { class: "panel row", "data-testid": `purchase-${id}`, "data-state": view.state },
      cover(coverOf({ courseId: session.courseId, name: session.courseName })),
      el("div", { class: "row-main" },
        badge(view.tone, view.icon, label),
        el("h2", { class: "panel-title" }, session.courseName || session.courseId),
        el("p", { class: "note" }, facts(session).join(" · ")),
        el("p", { class: "small" }, t("purchases.order", { id })),
        note(session, view),
        view.hasReceipt && el("p", { class: "links" }, receiptButton(app, session, errors))),
      el("div", { class: "row-side" },
        el("p", { class: "row-money" }, el("span", { class: "price" }, money(view.total - view.back, session.currency)),
          view.back > 0 && el("span", { class: "small" }, t("purchases.less", { paid: money(view.total, session.currency), back: money(view.back, session.currency) })),
          view.list !== null && el("span", { class: "small" }, t("purchases.insteadOf", { price: money(view.list, session.currency) }))),
        view.canOpen && linkButton(learnPage(session.courseId), t("course.goOn")),
        view.canContinue && linkButton(checkoutPage(session.courseId), t("purchases.continue")),
        cancel),
      errors);
    return row;
  }

  /** Asks the API; a 409 means that it was paid or ended meanwhile, so the row then shows what is true. */
  async function cancelIt(row, session, control, errors) {
    if (isBusy(control)) return;
    setBusy(control, true, t("purchases.cancelling"));
    errors.replaceChildren();
    try {
      settle(row, (await withRetry(() => app.api.cancel(session.id))).session);
    } catch (error) {
      const now = error.session ? settle(row, error.session) : row;
      const retry = canAskAgain(error) ? () => cancelIt(row, session, control, errors) : null;
      showError(now.querySelector(".row-error"), error, retry);
      setBusy(control, false, t("purchases.cancel"));
    }
  }

  function settle(row, session) {
    const now = rowOf(session);
    row.replaceWith(now);
    const state = now.querySelector(".badge");
    state.focus();
    announce(`${session.courseName ?? ""}: ${state.textContent}.`);
    return now;
  }

  function showHelp() {
    const { contact } = app.school;
    if (!contact) return;
    slot(root, "help").replaceChildren(t("purchases.help"), " ", el("a", { href: `mailto:${contact}` }, contact));
    slot(root, "help").hidden = false;
  }
}

function note(session, { state, known, total }) {
  const back = session.givenBack > 0 && session.givenBack < total && t("purchase.gaveBack", {
    amount: money(session.givenBack, session.currency), paid: money(total, session.currency),
  });
  const text = [known && t(`purchase.${state}.note`), back].filter(Boolean).join(" ");
  return text ? el("p", {}, text) : null;
}

function facts({ createdAt, couponCode }) {
  return [day(createdAt), couponCode && t("purchases.code", { code: couponCode })].filter(Boolean);
}

start(mountPurchases, { members: true });
