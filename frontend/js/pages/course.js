/** course.html?id=...: what one buys, for everybody: lessons, teacher, price, promise; and the way to it. */

import { giveUp, readSession, start, withRetry } from "../app.js";
import {
  canAskAgain, checkoutPage, coursePage, initialsOf, isFree, joinPage, learnPage, PURCHASES, sharedPage, signInPage,
} from "../logic/common.js";
import { byCourse, coverOf, curriculumOf, lessonsOf, minutesOf, pictureOf, standingOf } from "../logic/courses.js";
import {
  announce, badge, cover, coursePrice, duration, el, icon, isBusy, linkButton, setBusy, showError, showNotice, slot, t,
} from "../ui.js";

/** Loads the course and shows it; then what the student has of it already. */
export async function mountCourse(root, app) {
  const query = new URLSearchParams(location.search);
  const courseId = query.get("id") ?? root.dataset.course ?? "";
  const code = query.get("code");
  if (!courseId) return missing(root);
  const mine = readSession() ? loadMine() : null;
  mine?.catch(() => {}); // awaited below, once there is a course
  const course = await withRetry(() => app.api.course(courseId));
  const seats = course.capacity ? await import("../waitlist.js") : null;
  let place = null;
  const page = slot(root, "course");
  const buy = el("div", { class: "buy-body" });
  const bar = el("div", { class: "band" });
  describe(course, app.school);
  shareable();
  page.replaceChildren(intro(course), buyPanel(course, app.school, buy), body(course, app.school));
  root.append(el("div", { class: "buy-bar", "data-slot": "bar" }, bar));
  if (!mine) return showWay(standingOf(course));
  showWay(standingOf(course), false);
  return catchUp();

  /* The address bar shows what is best given away, where this course has such a page. */
  function shareable() {
    if (!app.coursePages.includes(courseId) || query.get("join")) return;
    const address = sharedPage(courseId, code);
    history.replaceState(null, "", address);
    canonical(new URL(sharedPage(courseId), location.href).href);
  }

  async function loadMine() {
    const [enrollments, sessions] = await Promise.all([app.api.enrollments(), app.api.sessions()]);
    return { enrollment: byCourse(enrollments).get(courseId), sessions };
  }

  /** Until it is known whether the course is the student's, nothing is offered for money. */
  async function catchUp() {
    try {
      const { enrollment, sessions } = await mine.catch(loadMine);
      const standing = standingOf(course, enrollment, sessions);
      if (seats && ["free", "paid"].includes(standing.kind)) place = await withRetry(() => app.api.place(courseId));
      showWay(standing);
      if (standing.kind === "free" && query.get("join") === "1") await join();
    } catch (error) {
      showError(slot(root, "page-error"), error, canAskAgain(error) ? () => location.reload() : null);
    }
  }

  function showWay(standing, ready = true) {
    const way = wayTo(course, standing, { code, ready, join, app });
    const parts = seats && ready && ["free", "paid"].includes(standing.kind) ? seats.withSeats(way, { course, place, api: app.api, changed }) : way;
    buy.replaceChildren(...parts.panel.filter(Boolean));
    bar.replaceChildren(...parts.bar);
    bar.parentElement.hidden = parts.bar.length === 0;
  }

  /** The student has joined or left the line: what the course has left is asked again. */
  async function changed(next) {
    place = next;
    Object.assign(course, await withRetry(() => app.api.course(courseId)).catch(() => ({})));
    showWay(standingOf(course));
    buy.querySelector(".badge")?.focus();
  }

  /* A free course: enrolled here, or after signing in, which comes back with join=1. */
  async function join() {
    if (!readSession()) return location.assign(signInPage(joinPage(courseId), { mode: "up" }));
    const controls = [...root.querySelectorAll("[data-join]")];
    if (controls.some(isBusy)) return undefined;
    const say = (key) => controls.forEach((control) => setBusy(control, true, t(key)));
    slot(root, "page-error").replaceChildren();
    say("course.joining");
    try {
      const answer = await withRetry(() => app.api.enroll(courseId), { onWait: () => say("course.stillJoining") });
      if (answer.status !== "active") return location.assign(checkoutPage(courseId));
      showWay(standingOf(course, answer.enrollment));
      buy.querySelector(".badge").focus();
      history.replaceState(null, "", app.coursePages.includes(courseId) ? sharedPage(courseId) : coursePage(courseId));
      announce(t("course.joined", { name: course.name }));
    } catch (error) {
      if (error.code === "course_full") course.seatsLeft = 0;
      showWay(standingOf(course));
      showError(slot(root, "page-error"), error, canAskAgain(error) ? join : null);
    }
    return undefined;
  }
}

/* Where the student stands decides what can be done next: one filled button, the rest quiet. */
function wayTo(course, { kind, progress }, { code, ready, join, app }) {
  const id = course.courseId;
  const isByInvitation = course.pricingModel === "invitation";
  const cost = el("p", { class: "buy-price" }, el("b", { "data-testid": `price-${id}` }, coursePrice(course)),
    kind === "paid" && el("span", { class: "note" }, t("course.once")),
    isByInvitation && el("span", { class: "note", "data-testid": `by-invitation-${id}` }, t("course.byInvitation")));
  const main = (control) => [control("button button-large button-wide", `enroll-${id}`), [barPrice(course), control("button", null)]];
  const points = included(course, app.school);
  if (!ready) {
    const wait = el("span", { class: "skeleton skeleton-field", "aria-hidden": "true" });
    return { panel: [cost, wait, points], bar: [] };
  }
  switch (kind) {
    case "enrolled": {
      const href = learnPage(id);
      const text = t(progress === 100 ? "course.again" : progress ? "course.goOn" : "course.start");
      const state = progress === 100 ? t("course.completed") : progress ? t("course.done", { percent: progress }) : t("course.notStarted");
      return {
        panel: [
          badge("enrolled", "check", t("course.enrolled"), { "data-testid": `enrolled-badge-${id}` }),
          el("label", { class: "note" }, state, el("progress", { max: "100", value: String(progress ?? 0) })),
          linkButton(href, text, { class: "button button-large button-wide", "data-testid": `learn-${id}` }),
        ],
        bar: [el("p", { class: "note" }, state), linkButton(href, text)],
      };
    }
    case "processing":
    case "review":
      return {
        panel: [
          badge("warn", kind === "review" ? "clock" : "bank", t(`standing.${kind}`), { "data-testid": `standing-${id}` }),
          el("p", {}, t(`course.${kind}Text`)),
          linkButton(PURCHASES, t("course.seePurchase"), { class: "button button-quiet button-wide" }),
        ],
        bar: [],
      };
    case "soon":
      return { panel: [badge("accent", "clock", t("course.soon"), { "data-testid": `price-${id}` }), el("p", {}, t("course.soonText")), interest(course, app), points], bar: [] };
    case "closed":
      return { panel: [badge("plain", "clock", t("course.closed"), { "data-testid": `price-${id}` }), el("p", {}, t("course.closedText")), points], bar: [] };
    case "free": {
      const control = (className, testid) =>
        el("button", { type: "button", class: className, onclick: join, "data-join": true, "data-testid": testid }, t("course.join"));
      const [panel, bar] = main(control);
      const note = isByInvitation ? "course.invitedText" : readSession() ? null : "course.signInToJoin";
      return { panel: [cost, panel, note && el("p", { class: "small" }, t(note)), points], bar };
    }
    default: {
      const text = t(kind === "pending" ? "course.continuePay" : "course.buy");
      const control = (className, testid) => linkButton(checkoutPage(id, code), text, { class: className, "data-testid": testid });
      const [panel, bar] = main(control);
      const note = kind === "pending" ? t("course.pendingText") : code ? t("course.codeKept", { code }) : t(isByInvitation ? "course.invitedText" : "course.paySecure");
      return { panel: [cost, panel, el("p", { class: "small" }, note), points], bar };
    }
  }
}

/* An e-mail address for the opening: asked for once, kept by the school, and for nothing else. */
function interest(course, app) {
  const input = el("input", {
    class: "input", id: "interest-email", name: "email", type: "email", required: true, maxlength: "254", autocomplete: "email",
    value: app.student?.email, "aria-describedby": "interest-hint", "data-testid": "interest-email",
  });
  const control = el("button", { type: "submit", class: "button button-wide", "data-testid": "interest-submit" }, t("interest.submit"));
  const message = el("div", { role: "status", "data-testid": "interest-message" });
  const form = el("form", { class: "stack" },
    el("div", { class: "field" },
      el("label", { for: "interest-email" }, t("interest.email")), input,
      el("p", { class: "field-hint", id: "interest-hint" }, t("interest.hint"))),
    control, message);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(control)) return;
    setBusy(control, true, t("interest.busy"));
    try {
      await withRetry(() => app.api.askForMail(course.courseId, input.value.trim()));
      const done = showNotice(el("div", {}), { tone: "good", text: t("interest.done", { email: input.value.trim(), name: course.name }) });
      done.tabIndex = -1;
      form.replaceWith(done);
      done.focus();
    } catch (error) {
      setBusy(control, false, t("interest.submit"));
      showError(message, error);
    }
  });
  return form;
}

function barPrice(course) {
  return el("p", {}, el("span", { class: "price" }, coursePrice(course)));
}

function included(course, { refundDays }) {
  const count = lessonsOf(course).length || course.totalLessons || 0;
  const paid = !isFree(course);
  const lines = [
    count > 0 && t("course.include.lessons", { count }),
    t("course.include.keep"),
    t("course.include.place"),
    paid && refundDays > 0 && t("course.include.refund", { days: refundDays }),
  ].filter(Boolean);
  return el("ul", { class: "ticks" }, lines.map(tick));
}

function tick(text) {
  return el("li", {}, icon("check"), el("span", {}, text));
}

function intro(course) {
  const count = lessonsOf(course).length || course.totalLessons || 0;
  const minutes = minutesOf(lessonsOf(course));
  const facts = [
    count > 0 && t("course.lessons", { count }),
    minutes > 0 && t("course.video", { duration: duration(minutes) }),
    course.estimatedDuration && t("course.inAll", { duration: course.estimatedDuration }),
  ].filter(Boolean);
  return el("div", { class: "course-intro" },
    el("h1", {}, course.name),
    course.description && el("p", { class: "lead" }, course.description),
    course.instructor && el("div", { class: "card-by" },
      el("span", { class: "avatar", "aria-hidden": "true" }, initialsOf(course.instructor)),
      el("p", {}, t("course.by", { name: course.instructor }))),
    facts.length > 0 && el("ul", { class: "facts" }, facts.map((fact) => el("li", {}, fact))));
}

function buyPanel(course, school, content) {
  const label = t(isFree(course) ? "course.joinPanel" : "course.buyPanel");
  return el("aside", { class: "panel buy", "aria-label": label }, cover(coverOf(course), pictureOf(course, school.imageOrigins)), content);
}

function body(course, school) {
  const goals = (Array.isArray(course.learningObjectives) ? course.learningObjectives : []).filter((goal) => typeof goal === "string" && goal);
  const modules = curriculumOf(course);
  return el("div", { class: "course-body" },
    goals.length > 0 && section("goals", t("course.goals"), null, el("ul", { class: "ticks ticks-wide" }, goals.map(tick))),
    modules.length > 0 && section("curriculum", t("course.curriculum"), sums(modules), curriculum(modules)),
    !isFree(course) && school.refundDays > 0 && promise(school.refundDays),
    section("questions", t(isFree(course) ? "course.questionsFree" : "course.questions"), null, questions(course, school), contact(school)));
}

function section(id, title, note, ...content) {
  return el("section", { class: "section", "aria-labelledby": `${id}-title` },
    el("div", { class: "section-head" }, el("h2", { id: `${id}-title` }, title), note && el("p", { class: "note" }, note)),
    content);
}

function sums(modules) {
  const lessons = modules.flatMap((module) => module.lessons);
  const minutes = minutesOf(lessons);
  const parts = modules.length > 1 ? [t("course.part", { count: modules.length })] : [];
  return [...parts, t("course.lessons", { count: lessons.length }), minutes > 0 && duration(minutes)].filter(Boolean).join(" · ");
}

function curriculum(modules) {
  return el("div", { class: "fold" }, modules.map((module, number) => {
    const minutes = minutesOf(module.lessons);
    const facts = [t("course.lessons", { count: module.lessons.length }), minutes > 0 && duration(minutes)].filter(Boolean).join(" · ");
    const title = module.title ? `${number + 1}. ${module.title}` : t("course.curriculum");
    return el("details", { open: number === 0 },
      el("summary", {}, el("span", {}, title), el("span", { class: "small" }, facts)),
      el("div", { class: "fold-body" }, el("ul", { class: "lessons" }, module.lessons.map((lesson) =>
        el("li", {}, icon("play"), el("span", {}, lesson.title), lesson.minutes && el("span", { class: "num" }, duration(lesson.minutes)))))));
  }));
}

function promise(days) {
  return el("section", { class: "section", "aria-labelledby": "promise-title" },
    el("div", { class: "promise" },
      el("p", { class: "promise-mark", "aria-hidden": "true" }, el("b", {}, String(days)), el("span", {}, t("promise.days"))),
      el("div", {}, el("h2", { id: "promise-title" }, t("course.promise")), el("p", {}, t("store.promiseText", { days })))));
}

function questions(course, { refundDays }) {
  const paid = !isFree(course);
  const asked = ["access", paid && "pay", paid && "code", paid && refundDays > 0 && "refund", "device"].filter(Boolean);
  return el("div", { class: "fold" }, asked.map((name) =>
    el("details", {},
      el("summary", {}, el("span", {}, t(`course.q.${name}`))),
      el("div", { class: "fold-body" }, el("p", {}, t(`course.a.${name}`, { days: refundDays }))))));
}

function contact({ contact: address }) {
  return address ? el("p", { class: "note" }, t("course.ask"), " ", el("a", { href: `mailto:${address}` }, t("course.askUs"))) : null;
}

/* For who runs scripts; all others have the words of the course's own page (scripts/stack/course_pages.py). */
function describe(course, school) {
  const title = `${course.name} · ${school.name ?? "LearnerMax"}`;
  document.title = title;
  for (const name of ["description", "og:description"]) meta(name)?.setAttribute("content", course.description || title);
  meta("og:title")?.setAttribute("content", title);
}

function canonical(address) {
  const link = document.querySelector("link[rel=canonical]") ?? el("link", { rel: "canonical" });
  link.href = address;
  document.head.append(link);
  meta("og:url")?.setAttribute("content", address);
}

function meta(name) {
  return document.querySelector(`meta[name="${name}"], meta[property="${name}"]`);
}

function missing(root) {
  const all = linkButton("index.html", t("store.all"));
  showNotice(slot(root, "page-error"), { text: `${t("course.missing")} ${t("course.missingText")}`, actions: [all] });
  giveUp(root);
}

start(mountCourse);
