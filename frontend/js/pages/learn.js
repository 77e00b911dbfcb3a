/** learn.html?id=...&lesson=...: a course for who is in it: its lessons, what is done, and the way on. */

import { start, withRetry } from "../app.js";
import { captionsAddress, coursePage, isFilm, learnPage, lessonAddress, myCertificatePage } from "../logic/common.js";
import { byCourse, coverOf, curriculumOf, isEnrolled, learningOf, minutesOf, percentOf, pictureOf } from "../logic/courses.js";
import { announce, button, cover, duration, el, icon, isBusy, linkButton, sentenceOf, setBusy, showError, slot, t } from "../ui.js";

/** Loads course and enrollment and shows a lesson: the one in the address, else the one to go on with. */
export async function mountLearn(root, app) {
  const courseId = new URLSearchParams(location.search).get("id") ?? "";
  const page = slot(root, "lesson");
  const [course, enrollments] = await withRetry(() => Promise.all([app.api.course(courseId), app.api.enrollments()]));
  let enrollment = byCourse(enrollments).get(courseId);
  const modules = curriculumOf(course);
  const lessons = modules.flatMap((module, part) => module.lessons.map((lesson) => ({ ...lesson, part })));
  slot(root, "crumb-name")?.replaceChildren(course.name);
  if (!isEnrolled(enrollment)) return showInstead(t("learn.notEnrolled"), t("learn.notEnrolledText"), linkButton(coursePage(courseId), t("course.see")));
  if (lessons.length === 0) return showInstead(course.name, t("learn.noLessonsText"));
  addEventListener("popstate", () => show(inAddress()));
  show(inAddress() ?? learningOf(course, enrollment).current);
  return undefined;

  function inAddress() {
    const wanted = new URLSearchParams(location.search).get("lesson");
    return lessons.find(({ lessonId }) => lessonId === wanted);
  }

  function go(lesson) {
    history.pushState(null, "", learnPage(courseId, lesson.lessonId));
    show(lesson);
    page.querySelector("h1").focus();
  }

  /* The lesson that is open is the place to come back to; keeping it may fail without harm. */
  function show(asked) {
    const lesson = lessons.find(({ lessonId }) => lessonId === asked?.lessonId) ?? lessons[0];
    document.title = `${lesson.title} · ${course.name}`;
    page.replaceChildren(article(lesson), outline(lesson));
    if (enrollment.currentLectureId !== lesson.lessonId) {
      app.api.advance(courseId, { currentLectureId: lesson.lessonId }).then(remember, () => {});
    }
  }

  function remember(answer) {
    enrollment = answer;
  }

  function article(lesson) {
    const at = lessons.findIndex(({ lessonId }) => lessonId === lesson.lessonId);
    const learning = learningOf(course, enrollment);
    const tag = [
      modules[lesson.part].title && t("learn.part", { number: lesson.part + 1, title: modules[lesson.part].title }),
      t("learn.where", { number: at + 1, count: lessons.length }),
    ].filter(Boolean).join(" · ");
    return el("article", { class: "lesson-main", "aria-labelledby": "lesson-title" },
      el("p", { class: "to-outline" }, el("b", {}, doneText(learning)), el("a", { class: "text-link", href: "#outline" }, t("learn.allLessons")),
        el("progress", { max: "100", value: String(learning.percent), "aria-hidden": "true" })),
      stage(lesson),
      el("div", {}, el("p", { class: "tag" }, tag), el("h1", { id: "lesson-title", tabindex: "-1" }, lesson.title)),
      finish(lesson, lessons[at + 1], learning),
      el("nav", { class: "pager", "aria-label": t("learn.lessons") },
        lessons[at - 1] && pagerLink(lessons[at - 1], "learn.previous", ""),
        lessons[at + 1] && pagerLink(lessons[at + 1], "learn.next", "is-next")));
  }

  function stage(lesson) {
    const words = el("div", { class: "stage-words" });
    const box = el("div", { class: "stage" }, cover(coverOf(course), pictureOf(course, app.school.imageOrigins)), words);
    const elsewhere = lessonAddress(app.school.lessonUrl, courseId, lesson.lessonId);
    if (elsewhere) words.append(opener(elsewhere));
    else fill(box, words, lesson);
    return box;
  }

  /* The address is asked for when the lesson is opened: it is for this student alone and ends after some hours. */
  async function fill(box, words, lesson) {
    try {
      const { url } = await withRetry(() => app.api.lesson(courseId, lesson.lessonId));
      if (isFilm(url)) box.replaceChildren(film(url, lesson));
      else words.replaceChildren(opener(url));
    } catch (error) {
      const again = button(t("action.again"), () => fill(box, words, lesson));
      words.replaceChildren(...(error.status === 404 ? [el("p", {}, t("learn.noContent"))] : [el("p", {}, sentenceOf(error)), again]));
    }
  }

  function film(url, lesson) {
    const player = el("video", { controls: true, playsinline: true, preload: "metadata", src: url, "aria-label": lesson.title, "data-testid": "film" });
    const words = captionsAddress(app.school.captionsUrl, courseId, lesson.lessonId);
    if (words) player.append(el("track", { kind: "captions", src: words, srclang: document.documentElement.lang, label: t("learn.captions"), default: true }));
    player.addEventListener("error", () => renewed(player, lesson), { once: true });
    return player;
  }

  /* After a long break the address is over: a new one goes on where the film was. */
  async function renewed(player, lesson) {
    const at = player.currentTime;
    try {
      player.src = (await app.api.lesson(courseId, lesson.lessonId)).url;
      player.currentTime = at;
    } catch (error) {
      player.replaceWith(el("div", { class: "stage-words" }, el("p", { role: "alert" }, sentenceOf(error))));
    }
  }

  function opener(address) {
    return linkButton(address, [icon("play"), t("learn.open"), el("span", { class: "visually-hidden" }, ` (${t("learn.openNew")})`)],
      { class: "button button-large", target: "_blank", rel: "noopener", "data-testid": "open-lesson" });
  }

  function finish(lesson, next, learning) {
    const errors = el("div", {});
    if (learning.done.has(lesson.lessonId)) {
      return el("div", { class: "panel stack" },
        el("div", { class: "finish" },
          el("p", {}, icon("check"), " ", el("b", {}, t("learn.isMarked"))),
          next && linkButton(learnPage(courseId, next.lessonId), t("learn.next"), { onclick: (event) => follow(event, next) })),
        learning.complete && el("div", { class: "stack", role: "status" },
          el("div", {}, el("p", {}, el("b", {}, t("learn.complete"))), el("p", { class: "note" }, t("learn.completeText", { name: course.name }))),
          el("p", { class: "actions" }, linkButton(myCertificatePage(courseId), t("learn.certificate"), { "data-testid": "certificate" }))));
    }
    const label = t(next ? "learn.markNext" : "learn.mark");
    const mark = el("button", { type: "button", class: "button button-large", "data-testid": "mark-done", onclick: () => tickOff(lesson, next, mark, label, errors) },
      icon("check"), label);
    return el("div", { class: "panel stack" },
      el("div", { class: "finish" },
        el("p", {}, el("b", {}, t("learn.doneQuestion")), el("br"), el("span", { class: "note" }, t("learn.kept"))), mark),
      errors);
  }

  async function tickOff(lesson, next, control, label, errors) {
    if (isBusy(control)) return;
    setBusy(control, true, t("learn.saving"));
    errors.replaceChildren();
    const done = new Set([...learningOf(course, enrollment).done, lesson.lessonId]);
    const step = {
      completedLectureIds: [lesson.lessonId],
      completedLectures: done.size,
      progress: percentOf(done.size, lessons.length),
      currentLectureId: (next ?? lesson).lessonId,
    };
    try {
      remember(await withRetry(() => app.api.advance(courseId, step)));
      if (next) go(next);
      else show(lesson);
      announce(enrollment.completed ? t("learn.complete") : doneText(learningOf(course, enrollment)));
      if (!next) page.querySelector("h1").focus();
    } catch (error) {
      setBusy(control, false, label);
      showError(errors, error);
    }
  }

  function doneText({ done }) {
    return t("learn.progress", { done: done.size, count: lessons.length });
  }

  function outline(lesson) {
    const learning = learningOf(course, enrollment);
    const left = minutesOf(lessons.filter(({ lessonId }) => !learning.done.has(lessonId)));
    const progress = left > 0 ? t("learn.progressLeft", { progress: doneText(learning), duration: duration(left) }) : doneText(learning);
    return el("aside", { class: "panel outline", id: "outline", "aria-labelledby": "outline-title" },
      el("div", { class: "outline-head" },
        el("h2", { class: "panel-title", id: "outline-title" }, t("learn.lessons")),
        el("label", { class: "note" }, progress, el("progress", { max: "100", value: String(learning.percent), "data-testid": "progress" }))),
      modules.map((module, part) => el("div", {},
        module.title && el("h3", {}, modules.length > 1 ? `${part + 1}. ${module.title}` : module.title),
        el("ol", {}, module.lessons.map((each) => el("li", {}, outlineLink(each, lesson, learning)))))));
  }

  function outlineLink(each, lesson, { done }) {
    const isDone = done.has(each.lessonId);
    return el("a", {
      class: isDone ? "is-done" : null,
      href: learnPage(courseId, each.lessonId),
      "aria-current": each.lessonId === lesson.lessonId ? "page" : null,
      "data-testid": `lesson-${each.lessonId}`,
      onclick: (event) => follow(event, each),
    },
    el("span", { class: "dot", "aria-hidden": "true" }, isDone && icon("check")),
    el("span", {}, each.title, isDone && el("span", { class: "visually-hidden" }, `, ${t("learn.isDone")}`)),
    el("span", { class: "num" }, each.minutes ? duration(each.minutes) : ""));
  }

  function pagerLink(lesson, key, className) {
    return el("a", { class: className, href: learnPage(courseId, lesson.lessonId), onclick: (event) => follow(event, lesson) },
      el("span", { class: "small" }, t(key)), lesson.title);
  }

  /* A plain click stays on the page; one that wants a new tab or window gets it. */
  function follow(event, lesson) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(lesson);
    scrollTo({ top: 0 });
  }

  function showInstead(title, text, action = null) {
    page.replaceChildren(el("div", { class: "empty" }, el("h1", {}, title), el("p", {}, text), action && el("p", { class: "actions" }, action)));
    page.classList.remove("lesson-layout");
  }
}

start(mountLearn, { members: true });
