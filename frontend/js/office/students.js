/** Students: found by e-mail, one with all that is kept of them; a course given, taken away, given back. */

import { withRetry } from "../app.js";
import { announce, day, el, money, percent, showNotice, t } from "../ui.js";
import { field, head, input, officePage, order, panel, paymentTable, recordsPanel, select, table, tablePanel, tickBox } from "./parts.js";

const ACTIONS = ["grant", "revoke", "reinstate", "unbar"];

/** Shows the student of the address, and one form for what can be done about a student's place in a course. */
export async function show({ view, app, desk, query }) {
  const { courses } = await withRetry(() => app.api.courses());
  const said = el("div", {});
  const shown = el("div", { class: "office-view" });
  const bar = tickBox("bar", t("office.bar"));
  const action = select("action", ACTIONS.map((name) => [name, t(`office.action.${name}`)]), query.get("action"));
  const follow = () => {
    bar.hidden = action.value !== "revoke";
  };
  action.addEventListener("change", follow);
  follow();
  const names = new Map(courses.map(({ courseId, name }) => [courseId, name]));
  view.replaceChildren(
    head(t("office.students"), t("office.studentsLead")),
    said,
    panel(t("office.findStudent"), ...finder()),
    shown,
    ...(desk.may("PUT /api/admin/students/{userId}/enrollments/{courseId}") ? [access()] : []));
  if (query.get("user")) shown.replaceChildren(...(await story(query.get("user"))));

  function access() {
    return panel(t("office.access"), order({
      label: () => t(`office.action.${action.value}`),
      busy: t("office.sending"),
      quiet: !query.get("user"),
      testid: "access",
      fields: [
        el("div", { class: "office-grid is-wide" },
          field(t("office.studentId"), input("user", { required: true, maxlength: "64", spellcheck: "false", value: query.get("user") }), t("office.studentIdHint")),
          field(t("office.course"), select("course", courses.map(({ courseId, name }) => [courseId, name]), query.get("course"))),
          field(t("office.what"), action)),
        bar,
        field(t("office.reasonField"), input("reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
      ],
      send: async (form) => {
        const { user, course, reason, bar: barred } = form.elements;
        const more = action.value === "revoke" ? [barred.checked] : [];
        await withRetry(() => desk[action.value](user.value.trim(), course.value, reason.value.trim(), ...more));
        const text = t(`office.actionDone.${action.value}`, { course: course.selectedOptions[0].textContent });
        showNotice(said, { tone: "good", text });
        announce(text);
        reason.value = "";
        if (user.value.trim() === query.get("user")) shown.replaceChildren(...(await story(query.get("user"))));
      },
    }));
  }

  function finder() {
    const found = el("div", { role: "status" });
    const form = order({
      label: t("office.findStudentButton"),
      busy: t("office.finding"),
      testid: "find-student",
      line: true,
      quiet: Boolean(query.get("user")),
      fields: field(t("office.email"), input("email", { type: "email", required: true, maxlength: "254" })),
      send: async (sent) => {
        const students = await withRetry(() => desk.studentsBy(sent.elements.email.value.trim()));
        found.replaceChildren(students.length === 0
          ? el("p", {}, t("office.noStudent"))
          : el("ul", { class: "office-list" }, students.map((one) => el("li", {},
            el("a", { href: officePage("students", { user: one.userId }) }, el("span", {}, el("b", {}, one.name || one.email), el("br"), el("span", { class: "note" }, one.email)))))));
      },
    });
    return [form, found];
  }

  async function story(userId) {
    const history = await withRetry(() => desk.student(userId)).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    });
    if (!history) return [panel(t("office.oneStudent"), el("p", {}, t("office.noStudent")))];
    const places = [
      ...history.enrollments.map((one) => [one, t("office.isIn")]),
      ...history.endedEnrollments.map((one) => [one.enrollment, t(one.barred ? "office.wasBarred" : "office.wasIn", { day: day(one.endedAt) })]),
    ];
    return [
      tablePanel(history.student?.name || t("office.oneStudent"), el("span", { class: "note" }, [history.student?.email, userId].filter(Boolean).join(" · ")),
        places.length === 0 ? el("p", { class: "office-inset" }, t("office.inNothing")) : table(t("office.courses"),
          [[t("office.course")], [t("office.since")], [t("office.progress"), "num"], [t("office.paid"), "num"], [t("office.state")]],
          places.map(([one, state]) => [names.get(one.courseId) ?? one.courseId, day(one.enrolledAt), percent(one.progress ?? 0), one.amount === undefined ? "" : money(one.amount, one.currency), state]))),
      history.payments.length > 0 && tablePanel(t("office.payments"), null, paymentTable(t("office.payments"), history.payments.map(({ payment }) => payment))),
      recordsPanel(history.audit ?? [], app.student.id),
      !history.complete && el("p", { class: "note" }, t("office.notAll")),
    ].filter(Boolean);
  }
}
