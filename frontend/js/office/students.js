/** Students: giving a course, taking it away, giving it back. */

import { withRetry } from "../app.js";
import { announce, el, showNotice, t } from "../ui.js";
import { field, head, input, order, panel, select, tickBox } from "./parts.js";

const ACTIONS = ["grant", "revoke", "reinstate", "unbar"];

/** Shows one form for what can be done about a student's place in a course. */
export async function show({ view, app, desk, query }) {
  const { courses } = await withRetry(() => app.api.courses());
  const said = el("div", {});
  const bar = tickBox("bar", t("office.bar"));
  const action = select("action", ACTIONS.map((name) => [name, t(`office.action.${name}`)]), query.get("action"));
  const follow = () => {
    bar.hidden = action.value !== "revoke";
  };
  action.addEventListener("change", follow);
  follow();
  view.replaceChildren(
    head(t("office.students"), t("office.studentsLead")),
    said,
    panel(t("office.access"), order({
      label: t("office.accessButton"),
      busy: t("office.sending"),
      testid: "access",
      fields: [
        field(t("office.studentId"), input("user", { required: true, maxlength: "64", spellcheck: "false", value: query.get("user") }), t("office.studentIdHint")),
        field(t("office.course"), select("course", courses.map(({ courseId, name }) => [courseId, name]), query.get("course"))),
        field(t("office.what"), action),
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
      },
    })));
}
