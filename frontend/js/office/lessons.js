/** The lessons of a course, typed as lines: quick to write, to move and to paste. */

import { withRetry } from "../app.js";
import { curriculumOf, lessonsOf, minutesOf } from "../logic/courses.js";
import { curriculumOfText, seenCurriculum, textOfCurriculum } from "../logic/lesson_lines.js";
import { duration, el, showNotice, t } from "../ui.js";
import { field, input, order, panel } from "./parts.js";

/** The panel to edit them in. `showDone` says what was done. */
export function lessonsPanel({ course, desk, showDone }) {
  const lines = el("textarea", { class: "input lesson-lines", name: "lessons", rows: "12", maxlength: "50000", spellcheck: "true", "data-testid": "lesson-lines" });
  const sum = el("p", { class: "note", "data-testid": "lesson-sum" });
  const fill = () => {
    lines.value = textOfCurriculum(curriculumOf(course));
    say(course);
  };
  lines.addEventListener("input", () => say({ curriculum: curriculumOfText(lines.value).curriculum }));
  fill();
  return panel(t("office.lessons"), sum, order({
    label: t("office.saveLessons"),
    busy: t("office.sending"),
    quiet: true,
    testid: "save-lessons",
    fields: [
      field(t("office.lessonLines"), lines, t("office.lessonLinesHint")),
      field(t("office.reasonField"), input("lessons-reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
    ],
    send: async (form, message) => {
      const { curriculum, problem } = curriculumOfText(lines.value);
      if (problem) {
        showNotice(message, { tone: "bad", text: t(`office.lessonProblem.${problem.kind}`, { line: problem.line }) });
        lines.focus();
        return;
      }
      const count = curriculum.reduce((sum, { lessons }) => sum + lessons.length, 0);
      Object.assign(course, await withRetry(() => desk.changeCourse(course.courseId, {
        curriculum, totalLessons: count || null, before: { curriculum: seenCurriculum(course) }, reason: form.elements["lessons-reason"].value.trim(),
      })));
      form.elements["lessons-reason"].value = "";
      fill();
      showDone(t("office.lessonsSaved"));
    },
  }));

  function say(known) {
    const lessons = lessonsOf(known);
    const minutes = minutesOf(lessons);
    sum.textContent = [t("course.lessons", { count: lessons.length }), minutes > 0 && duration(minutes)].filter(Boolean).join(" · ");
  }
}
