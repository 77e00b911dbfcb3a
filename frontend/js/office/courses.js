/** Courses: what is offered, and the way to who is in each. */

import { withRetry } from "../app.js";
import { badge, coursePrice, el, t } from "../ui.js";
import { head, officePage, nothing, table } from "./parts.js";

/** Lists the courses of the catalogue. */
export async function show({ view, app }) {
  const { courses } = await withRetry(() => app.api.courses());
  view.replaceChildren(
    head(t("office.courses"), t("office.coursesLead")),
    courses.length === 0 ? nothing(t("office.noCourses"), "") : el("section", { class: "panel office-flush" }, table(t("office.courses"),
      [[t("office.course")], [t("office.teacher")], [t("office.state")], [t("office.price"), "num"]],
      courses.map((course) => [
        el("a", { href: officePage("course", { id: course.courseId }), "data-testid": `course-${course.courseId}` }, course.name),
        course.instructor ?? "",
        course.comingSoon ? badge("accent", "clock", t("course.soon"), { tabindex: null }) : badge("good", "check", t("office.open"), { tabindex: null }),
        coursePrice(course),
      ]))));
}
