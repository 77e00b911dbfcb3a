/** dashboard.html: the student's courses, where each stands, and the way on; what is not paid yet comes first. */

import { start, withRetry } from "../app.js";
import { checkoutPage, coursePage, learnPage, myCertificatePage, PURCHASES } from "../logic/common.js";
import { coverOf, isEnrolled, learningOf, pictureOf, progressOf, standingOf } from "../logic/courses.js";
import { badge, cover, day, el, linkButton, showError, slot, t } from "../ui.js";

/** Loads courses and enrollments, then the payments that are under way. */
export async function mountMyCourses(root, app) {
  const list = slot(root, "list");
  const skeletons = [...list.children];
  await load();

  async function load() {
    slot(root, "page-error").replaceChildren();
    list.replaceChildren(...skeletons);
    list.setAttribute("aria-busy", "true");
    try {
      const [courses, enrollments] = await withRetry(() => Promise.all([allCourses(app.api), app.api.enrollments()]));
      const mine = enrollments.filter(isEnrolled);
      const byId = new Map(courses.map((course) => [course.courseId, course]));
      list.replaceChildren(...inOrder(mine).map((enrollment) => courseRow(byId.get(enrollment.courseId), enrollment, app)));
      list.append(...waitingRows(courses, mine, await withRetry(() => app.api.sessions())));
      slot(root, "empty").hidden = list.children.length > 0;
      slot(root, "lead").textContent = t(mine.length > 0 ? "mine.lead" : "mine.leadFirst");
    } catch (error) {
      if (list.contains(skeletons[0])) list.replaceChildren();
      showError(slot(root, "page-error"), error, load);
    }
    list.removeAttribute("aria-busy");
  }

  /* Courses whose payment is under way, below those that are the student's. */
  function waitingRows(courses, mine, sessions) {
    const ids = new Set(mine.map(({ courseId }) => courseId));
    return courses
      .filter(({ courseId }) => !ids.has(courseId))
      .map((course) => [course, standingOf(course, undefined, sessions)])
      .filter(([, { purchase }]) => purchase)
      .map(([course, standing]) => waitingRow(course, standing, app));
  }
}

/* The one of the last visit first; what is completed, last. */
function inOrder(enrollments) {
  const newest = [...enrollments].sort((one, other) => lastSeen(other).localeCompare(lastSeen(one)));
  return [...newest.filter(({ completed }) => !completed), ...newest.filter(({ completed }) => completed)];
}

async function allCourses(api) {
  const found = [];
  let cursor = null;
  do {
    const page = await api.courses(cursor);
    found.push(...page.courses);
    cursor = page.next;
  } while (cursor);
  return found;
}

function lastSeen({ lastAccessedAt, enrolledAt }) {
  return String(lastAccessedAt ?? enrolledAt ?? "");
}

function courseRow(course, enrollment, app) {
  const id = enrollment.courseId;
  const percent = progressOf(enrollment);
  const known = course ?? { courseId: id, name: id };
  const { current } = learningOf(known, enrollment);
  const state = enrollment.completed ? t("course.completed") : percent ? t("course.done", { percent }) : t("course.notStarted");
  const since = enrollment.completedAt
    ? t("mine.completedOn", { day: day(enrollment.completedAt) })
    : day(enrollment.enrolledAt) && t("mine.since", { day: day(enrollment.enrolledAt) });
  const action = enrollment.completed ? "course.again" : percent ? "course.goOn" : "course.start";
  return row(known, app, [
    badge("enrolled", "check", t("course.enrolled"), { "data-testid": `enrolled-badge-${id}`, tabindex: null }),
    el("h2", { class: "panel-title" }, el("span", {}, known.name)),
    course ? el("label", { class: "note row-progress" }, state, el("progress", { max: "100", value: String(percent ?? 0) })) : el("p", { class: "note" }, t("mine.gone")),
    course && !enrollment.completed && current && el("p", { class: "note" }, t("mine.next", { lesson: current.title })),
    el("p", { class: "small" }, since),
  ], [
    course && linkButton(learnPage(id), t(action), {
      class: enrollment.completed ? "button button-quiet" : "button", "data-testid": `learn-${id}`, "aria-label": `${t(action)}: ${known.name}`,
    }),
    enrollment.completed && linkButton(myCertificatePage(id), t("learn.certificate"), {
      class: "button button-quiet", "aria-label": `${t("learn.certificate")}: ${known.name}`,
    }),
  ].filter(Boolean));
}

function waitingRow(course, { kind }, app) {
  const id = course.courseId;
  const [tone, iconName] = { pending: ["accent", "once"], processing: ["warn", "bank"], review: ["warn", "clock"] }[kind];
  const label = kind === "pending" ? t("purchase.pending") : t(`standing.${kind}`);
  return row(course, app, [
    badge(tone, iconName, label, { "data-testid": `standing-${id}`, tabindex: null }),
    el("h2", { class: "panel-title" }, el("a", { href: coursePage(id) }, course.name)),
    el("p", { class: "note" }, t(`course.${kind}Text`)),
  ], kind === "pending"
    ? linkButton(checkoutPage(id), t("standing.pending"), { class: "button" })
    : linkButton(PURCHASES, t("course.seePurchase"), { class: "button button-quiet" }));
}

function row(course, { school }, main, side) {
  return el("li", { class: "panel row", "data-testid": `course-card-${course.courseId}` },
    cover(coverOf(course), pictureOf(course, school.imageOrigins)),
    el("div", { class: "row-main" }, main),
    el("div", { class: "row-side" }, side));
}

start(mountMyCourses, { members: true });
