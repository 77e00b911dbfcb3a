/** One course: who is in it, and who wants to be told when it opens. */

import { withRetry } from "../app.js";
import { day, el, isBusy, money, setBusy, showError, t } from "../ui.js";
import { csvButton, head, nothing, officePage, panel, table } from "./parts.js";

/** Shows the enrollments of the course, and the interest in one that is coming soon. */
export async function show({ view, app, desk, query }) {
  const courseId = query.get("id") ?? "";
  const course = await withRetry(() => app.api.course(courseId));
  const [enrollments, interest] = await withRetry(() => Promise.all([desk.enrollmentsIn(courseId), course.comingSoon ? desk.interest(courseId) : []]));
  view.replaceChildren(
    head(course.name, t("office.inCourse", { count: enrollments.length }),
      enrollments.length > 0 && csvButton(`students-${courseId}`, ["user_id", "enrolled_at", "type", "progress", "completed_at", "amount_minor_units", "currency", "coupon"],
        enrollments.map((one) => [one.userId, one.enrolledAt, one.enrollmentType, one.progress, one.completedAt, one.amount, one.currency, one.couponCode]))),
    ...(course.comingSoon ? [waiting()] : []),
    enrollments.length === 0 ? nothing(t("office.nobody"), t("office.nobodyText")) : el("section", { class: "panel office-flush" }, table(t("office.students"),
      [[t("office.studentId")], [t("office.since")], [t("office.progress"), "num"], [t("office.paid"), "num"], [t("office.access")]],
      enrollments.map((one) => [
        el("span", { class: "code" }, one.userId),
        day(one.enrolledAt),
        `${one.progress ?? 0} %`,
        one.amount === undefined ? "" : money(one.amount, one.currency),
        el("a", { href: officePage("students", { user: one.userId, course: courseId, action: "revoke" }) }, t("office.change")),
      ]))));

  function waiting() {
    const box = panel(t("office.interest"),
      el("p", { class: "note" }, t("office.interestCount", { count: interest.length })),
      el("ul", { class: "office-list" }, interest.map((one) => el("li", {}, el("span", {}, one.email, el("br"), el("span", { class: "note" }, day(one.createdAt))), forget(one)))),
      interest.length > 0 && el("p", { class: "actions" }, csvButton(`interest-${courseId}`, ["email", "asked_at"], interest.map((one) => [one.email, one.createdAt]))));
    return box;
  }

  function forget({ email }) {
    const control = el("button", { type: "button", class: "button-link", "aria-label": t("office.forgetWho", { email }) }, t("office.forget"));
    control.addEventListener("click", async () => {
      if (isBusy(control)) return;
      setBusy(control, true, t("office.forget"));
      try {
        await withRetry(() => desk.forget(courseId, email));
        control.closest("li").remove();
      } catch (error) {
        setBusy(control, false, t("office.forget"));
        showError(control.closest("li").appendChild(el("div", {})), error);
      }
    });
    return control;
  }
}
