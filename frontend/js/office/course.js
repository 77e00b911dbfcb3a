/** One course: who is in it, who waits or is invited, and who asked for an e-mail when it opens. */

import { withRetry } from "../app.js";
import { coursePage } from "../logic/common.js";
import { minorOf } from "../logic/office.js";
import { announce, day, el, isBusy, linkButton, money, percent, setBusy, showError, showNotice, t } from "../ui.js";
import { lessonsPanel } from "./lessons.js";
import { crumb, csvButton, field, head, input, nothing, officePage, order, panel, recordsPanel, table, tickBox, twoLines } from "./parts.js";
import { salesPanel } from "./sales.js";
import { invitationsOf, seatsOfCourse } from "./seats.js";

/** Shows the enrollments of the course, the interest in one that is coming soon, and what can be changed about it. */
export async function show({ view, app, desk, query }) {
  const courseId = query.get("id") ?? "";
  const course = await withRetry(() => app.api.course(courseId));
  const asksInterest = course.comingSoon && desk.may("GET /api/admin/courses/{courseId}/interest");
  const [enrollments, interest] = await withRetry(() => Promise.all([desk.enrollmentsIn(courseId), asksInterest ? desk.interest(courseId) : null]));
  const said = el("div", {});
  const records = el("div", {});
  const seats = seatsOfCourse({ course, desk, showDone });
  const mayGiveAccess = desk.may("POST /api/admin/students/{userId}/enrollments/{courseId}/revoke");
  view.replaceChildren(...[
    el("div", {}, crumb("courses", t("office.courses")), head(course.name, t("office.inCourse", { count: enrollments.length }),
      linkButton(coursePage(courseId), t("office.seePage"), { class: "button button-quiet" }),
      enrollments.length > 0 && csvButton(`students-${courseId}`, ["user_id", "name", "email", "enrolled_at", "type", "progress", "completed_at", "amount_minor_units", "currency", "coupon"],
        enrollments.map((one) => [one.userId, one.name, one.email, one.enrolledAt, one.enrollmentType, one.progress, one.completedAt, one.amount, one.currency, one.couponCode])))),
    said,
    interest && waiting(),
    enrollments.length === 0 ? nothing(t("office.nobody"), t("office.nobodyText")) : el("section", { class: "panel office-flush" }, table(t("office.students"),
      [[t("office.oneStudent")], [t("office.since")], [t("office.progress"), "num"], [t("office.paid"), "num"], ...(mayGiveAccess ? [[t("office.access")]] : [])],
      enrollments.map((one) => [
        studentLink(one),
        day(one.enrolledAt),
        percent(one.progress ?? 0),
        one.amount === undefined ? "" : money(one.amount, one.currency),
        ...(mayGiveAccess ? [el("a", { href: officePage("students", { user: one.userId, course: courseId, action: "revoke" }) }, t("office.change"))] : []),
      ]))),
    seats.line,
    invitationsOf({ course, desk, showDone }),
    ...changes(),
    records,
  ].filter(Boolean));
  await showRecords();

  function changes() {
    if (!desk.may("PATCH /api/admin/courses/{courseId}")) return [seats.form];
    return [
      lessonsPanel({ course, desk, showDone }),
      el("div", { class: "office-columns" }, edit(), el("div", { class: "office-view" }, [course.pricingModel !== "free" && reprice(), sales(), seats.form].filter(Boolean))),
    ];
  }

  /* A help only: without the record, the page is whole. */
  async function showRecords() {
    if (!desk.may("GET /api/admin/audit")) return;
    const found = await withRetry(() => desk.recordsOf(courseId)).catch(() => []);
    records.replaceChildren(...[recordsPanel(found, app.student.id)].filter(Boolean));
  }

  /* What was seen goes along: whoever comes second gets a conflict instead of overwriting. */
  function edit() {
    const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
    const before = {
      name: course.name, description: course.description ?? "", instructor: course.instructor ?? "", imageUrl: course.imageUrl ?? "",
      learningObjectives: course.learningObjectives ?? [], estimatedDuration: course.estimatedDuration ?? null, comingSoon: course.comingSoon === true,
    };
    return panel(t("office.editCourse"), order({
      label: t("office.save"),
      busy: t("office.sending"),
      testid: "change-course",
      fields: [
        field(t("office.name"), input("course-name", { required: true, maxlength: "200", value: before.name })),
        field(t("office.teacher"), input("instructor", { maxlength: "200", value: before.instructor })),
        field(t("office.courseText"), el("textarea", { class: "input", name: "description", rows: "4", maxlength: "5000" }, before.description)),
        field(t("office.goals"), el("textarea", { class: "input", name: "goals", rows: "4", maxlength: "5000", "data-testid": "goals" }, before.learningObjectives.join("\n")), t("office.goalsHint")),
        field(t("office.duration"), input("duration", { maxlength: "200", value: before.estimatedDuration ?? "" }), t("office.durationHint")),
        field(t("office.picture"), input("picture", { maxlength: "2000", value: before.imageUrl, spellcheck: "false" }), t("office.pictureHint")),
        tickBox("soon", t("office.isSoon"), before.comingSoon),
        field(t("office.reasonField"), input("edit-reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
      ],
      send: async (form) => {
        const value = (name) => form.elements[name].value.trim();
        const terms = {
          name: value("course-name"), description: value("description"), instructor: value("instructor"), imageUrl: value("picture"),
          learningObjectives: lines(value("goals")), estimatedDuration: value("duration") || null, comingSoon: form.elements.soon.checked,
        };
        const changed = Object.keys(terms).filter((name) => JSON.stringify(terms[name]) !== JSON.stringify(before[name]));
        const pick = (from) => Object.fromEntries(changed.map((name) => [name, from[name]]));
        if (changed.length > 0) {
          Object.assign(course, await withRetry(() => desk.changeCourse(courseId, { ...pick(terms), before: pick(before), reason: value("edit-reason") })));
          Object.assign(before, terms);
        }
        form.elements["edit-reason"].value = "";
        showDone(t("office.courseSaved"));
      },
    }));
  }

  function reprice() {
    const currency = course.currency ?? "usd";
    return panel(t("office.reprice"), el("p", { class: "note" }, t("office.repriceText")), order({
      label: t("office.repriceButton"),
      busy: t("office.sending"),
      quiet: true,
      testid: "reprice",
      fields: [
        field(t("office.priceIn", { currency: currency.toUpperCase() }), input("price", { required: true, inputmode: "decimal", value: String(course.price ?? "") })),
        field(t("office.reasonField"), input("price-reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
      ],
      send: async (form, message) => {
        const price = minorOf(form.elements.price.value, currency);
        if (price === null) {
          showNotice(message, { tone: "bad", text: t("office.priceWrong") });
          form.elements.price.focus();
          return;
        }
        await withRetry(() => desk.reprice(courseId, { price, currency, reason: form.elements["price-reason"].value.trim() }));
        showDone(t("office.repriced", { amount: money(price, currency) }));
      },
    }));
  }

  function sales() {
    return salesPanel({
      title: t("office.enrolling"),
      closed: Boolean(course.salesClosed),
      open: t(course.pricingModel === "invitation" ? "office.isOpenInvited" : "office.isOpen"),
      shut: t("office.isClosed"),
      async sell(closed, reason) {
        Object.assign(course, { salesClosed: false }, await withRetry(() => desk.sell(courseId, closed, reason)));
        showDone(t(closed ? "office.closed" : "office.reopened", { course: course.name }));
      },
    });
  }

  function showDone(text) {
    showNotice(said, { tone: "good", text });
    announce(text);
    view.querySelector("h1").focus();
    showRecords();
  }

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

/* Who it is, as far as is known, and the way to everything about them. */
function studentLink({ userId, name, email }) {
  const known = [name, email].filter(Boolean);
  return el("a", { class: known.length > 0 ? null : "code", href: officePage("students", { user: userId }) }, twoLines(known[0] ?? userId, known[1]));
}
