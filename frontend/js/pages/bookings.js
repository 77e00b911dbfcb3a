/** bookings.html: the student's payments, where each stands, and cancelling one that is still open. */

import { keepCoupon } from "../kept_coupon.js";
import { bookingOf } from "../logic/bookings.js";
import { canAskAgain } from "../logic/checkout.js";
import { checkoutPage } from "../logic/places.js";
import { withRetry } from "../retry.js";
import { start } from "../start.js";
import { announce, copyOf, drawCover, setBusy, setText, showError, showNotice, slot } from "../ui.js";

/** Loads the list; without the feature, says that it is not available. */
export async function mountBookings(root, app) {
  const list = slot(root, "list");
  const problem = slot(root, "page-error");
  const skeletons = [...list.children];
  if (!app.hasFeature("bookings")) {
    list.replaceChildren();
    showNotice(problem, { text: "The list of bookings is not available here." });
    return;
  }
  await load();

  async function load() {
    problem.hidden = true;
    list.replaceChildren(...skeletons);
    list.setAttribute("aria-busy", "true");
    try {
      const sessions = await withRetry(() => app.api.bookings());
      list.replaceChildren(...sessions.map(rowOf));
      slot(root, "empty").hidden = sessions.length > 0;
    } catch (error) {
      list.replaceChildren();
      showError(problem, error, load);
    }
    list.removeAttribute("aria-busy");
  }

  function rowOf(session) {
    const row = copyOf("booking");
    row.dataset.testid = `booking-${session.id}`;
    drawCover(slot(row, "cover"), session.courseId, { columns: 3, rows: 3 });
    fill(row, session);
    slot(row, "continue").addEventListener("click", () => keepCoupon(session.courseId, session.couponCode));
    const cancel = slot(row, "cancel");
    cancel.dataset.testid = `cancel-${session.id}`;
    cancel.addEventListener("click", () => cancelBooking(row, session));
    return row;
  }

  function fill(row, session) {
    const view = bookingOf(session, app.locale);
    row.dataset.status = session.status;
    for (const name of ["title", "date", "note", "total"]) setText(row, name, view[name]);
    setText(row, "list", view.list && `instead of ${view.list}`);
    setText(row, "coupon", view.coupon && `Code ${view.coupon}`);
    setText(row, "status", view.label).className = `badge badge-${view.tone}`;
    slot(row, "cancel").hidden = !view.canCancel;
    const go = slot(row, "continue");
    go.hidden = !view.canContinue;
    go.href = checkoutPage(session.courseId);
  }

  /** Asks the API; a 409 means that it was paid or ended meanwhile, so the row then shows what is true. */
  async function cancelBooking(row, session) {
    const control = slot(row, "cancel");
    if (control.getAttribute("aria-disabled") === "true") return;
    setBusy(control, true, "Cancelling…");
    slot(row, "error").hidden = true;
    try {
      const answer = await withRetry(() => app.api.cancelBooking(session.id));
      settle(row, answer.session);
    } catch (error) {
      showError(slot(row, "error"), error, canAskAgain(error) ? () => cancelBooking(row, session) : null);
      if (error.session) settle(row, error.session);
    }
    setBusy(control, false, "Cancel");
  }

  function settle(row, session) {
    fill(row, session);
    const status = slot(row, "status");
    status.focus();
    announce(`${session.courseName ?? "Booking"}: ${status.textContent}.`);
  }
}

start(mountBookings);
