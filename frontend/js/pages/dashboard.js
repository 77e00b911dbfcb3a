/** dashboard.html: the courses, which of them are the student's, and enrolling. */

import { createCourseCard } from "../course_card.js";
import { byCourse } from "../logic/courses.js";
import { withRetry } from "../retry.js";
import { start } from "../start.js";
import { announce, setBusy, showError, slot } from "../ui.js";

/** Loads courses and enrollments together and keeps the grid, its filter and "Show more". */
export async function mountDashboard(root, app) {
  const grid = slot(root, "grid");
  const filter = slot(root, "filter");
  const more = slot(root, "more");
  const problem = slot(root, "page-error");
  const skeletons = [...grid.children];
  let enrollments = new Map();
  let next = null;

  filter.addEventListener("change", showFiltered);
  more.addEventListener("click", loadMore);
  await load();

  async function load() {
    problem.hidden = true;
    grid.replaceChildren(...skeletons);
    grid.setAttribute("aria-busy", "true");
    const onWait = () => announce("The courses are slow to load. Trying again.");
    try {
      const both = () => Promise.all([app.api.courses(), app.api.enrollments()]);
      const [page, mine] = await withRetry(both, { onWait });
      enrollments = byCourse(mine);
      grid.replaceChildren();
      append(page);
    } catch (error) {
      grid.replaceChildren();
      showError(problem, error, load);
    }
    grid.removeAttribute("aria-busy");
  }

  async function loadMore() {
    if (more.getAttribute("aria-disabled") === "true") return;
    setBusy(more, true, "Loading…");
    problem.hidden = true;
    try {
      append(await withRetry(() => app.api.courses(next)));
    } catch (error) {
      showError(problem, error);
    }
    setBusy(more, false, "Show more courses");
  }

  function append(page) {
    next = page.next;
    more.hidden = next === null;
    for (const course of page.courses) {
      grid.append(createCourseCard(course, enrollments.get(course.courseId), app, showFiltered));
    }
    filter.hidden = grid.children.length === 0;
    showFiltered();
  }

  function showFiltered() {
    const mineOnly = filter.querySelector("input:checked").value === "mine";
    const cards = [...grid.children];
    for (const card of cards) card.hidden = mineOnly && card.dataset.kind !== "enrolled";
    slot(root, "empty-courses").hidden = cards.length > 0;
    slot(root, "empty-mine").hidden = !mineOnly || cards.length === 0 || cards.some((card) => !card.hidden);
  }
}

start(mountDashboard);
