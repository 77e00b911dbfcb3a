/** What a course is to a visitor and to a student, decided from what the API sends: standing, curriculum, progress, cover. */

import { isFree } from "./common.js";

/**
 * `{kind, progress, purchase}`. Kind is enrolled, processing, review, pending, soon, free or paid: what stands on the
 * course's card. `purchase` is the payment session that made it so, if one did; an enrollment whose payment is pending
 * is not one yet.
 */
export function standingOf(course, enrollment, sessions = []) {
  if (isEnrolled(enrollment)) return { kind: "enrolled", progress: progressOf(enrollment), purchase: null };
  const mine = sessions.filter(({ courseId }) => courseId === course.courseId);
  for (const kind of ["processing", "review", "pending"]) {
    const purchase = mine.find((session) => session.status === kind && !session.resolution);
    if (purchase && !(kind === "pending" && purchase.uiMode === "hosted")) return { kind, progress: null, purchase };
  }
  const kind = course.comingSoon ? "soon" : course.salesClosed ? "closed" : isFree(course) ? "free" : "paid";
  return { kind, progress: null, purchase: null };
}

/** Whether the student is in the course. */
export function isEnrolled(enrollment) {
  return Boolean(enrollment) && enrollment.paymentStatus !== "pending";
}

/** 0 to 100; null when it is not known. */
export function progressOf({ progress, completed }) {
  if (completed) return 100;
  return Number.isFinite(progress) ? Math.min(100, Math.max(0, Math.round(progress))) : null;
}

/** The enrollments by course, for one look-up per card. */
export function byCourse(enrollments) {
  return new Map(enrollments.map((enrollment) => [enrollment.courseId, enrollment]));
}

/**
 * The modules of a course: `[{title, lessons: [{lessonId, title, minutes}]}]`. Editors write modules with `lessons` or
 * `videos`, or lessons without modules; what has no title is left out, what has no id gets one from its place.
 */
export function curriculumOf({ curriculum }) {
  if (!Array.isArray(curriculum)) return [];
  const entries = curriculum.filter((entry) => entry && typeof entry === "object");
  const flat = entries.every((entry) => !lessonsIn(entry)?.length);
  const modules = flat ? [{ title: "", lessons: entries }] : entries;
  return modules
    .map((module, number) => ({
      title: text(module.moduleName ?? module.title ?? module.name),
      lessons: (lessonsIn(module) ?? []).map((lesson, place) => lessonOf(lesson, number, place)).filter(Boolean),
    }))
    .filter(({ lessons }) => lessons.length > 0);
}

/** All lessons in order. */
export function lessonsOf(course) {
  return curriculumOf(course).flatMap(({ lessons }) => lessons);
}

/** The minutes of some lessons together; 0 where none says. */
export function minutesOf(lessons) {
  return lessons.reduce((sum, { minutes }) => sum + (minutes ?? 0), 0);
}

/**
 * How far a student has come: `{done: Set of lessonId, current, percent, complete}`. The API's own list counts; where
 * it has none, as in enrollments from before, the first `completedLectures` lessons do. `current` is the lesson to go
 * on with: where the student was, or the first that is not done.
 */
export function learningOf(course, enrollment) {
  const lessons = lessonsOf(course);
  const listed = enrollment?.completedLectureIds;
  const known = new Set(lessons.map(({ lessonId }) => lessonId));
  const done = new Set(
    Array.isArray(listed)
      ? listed.filter((lessonId) => known.has(lessonId))
      : lessons.slice(0, enrollment?.completedLectures ?? 0).map(({ lessonId }) => lessonId),
  );
  const left = lessons.find(({ lessonId }) => !done.has(lessonId));
  const there = lessons.find(({ lessonId }) => lessonId === enrollment?.currentLectureId);
  const current = (there && !done.has(there.lessonId) ? there : left ?? there ?? lessons[0]) ?? null;
  return { done, current, percent: percentOf(done.size, lessons.length), complete: enrollment?.completed === true };
}

/** Whole percents; 100 only when all is done, and 0 only when nothing is. */
export function percentOf(done, all) {
  if (all === 0 || done === 0) return 0;
  return done >= all ? 100 : Math.min(99, Math.max(1, Math.round((100 * done) / all)));
}

/** The picture's address when it is one that this site's pages may load: its own, or of an origin in the list. */
export function pictureOf({ imageUrl }, origins = []) {
  if (typeof imageUrl !== "string" || imageUrl === "") return null;
  if (/^\/?[\w-][\w/.-]*$/.test(imageUrl)) return imageUrl;
  return origins.some((origin) => imageUrl.startsWith(`${origin}/`)) ? imageUrl : null;
}

/** Whether a course has all the words of a search in its name, text or teacher. */
export function matches({ name, description, instructor }, query) {
  const where = [name, description, instructor].join(" ").toLocaleLowerCase();
  return query.toLocaleLowerCase().split(/\s+/).every((word) => where.includes(word));
}

/** Whether a listed coupon is for this course. */
export function isFor(coupon, course) {
  const ids = coupon.applicableCourses ?? [];
  if (course.comingSoon || isFree(course)) return false;
  return ids.length === 0 || ids.includes(course.courseId);
}

function lessonsIn(entry) {
  return [entry.lessons, entry.videos].find(Array.isArray);
}

function lessonOf(lesson, number, place) {
  if (typeof lesson === "string") return lesson ? { lessonId: `${number + 1}-${place + 1}`, title: lesson, minutes: null } : null;
  const title = text(lesson?.title ?? lesson?.name);
  if (!title) return null;
  const minutes = lesson.minutes ?? lesson.lengthInMins;
  const lessonId = lesson.lessonId ?? lesson.videoId ?? `${number + 1}-${place + 1}`;
  return { lessonId: String(lessonId), title, minutes: Number.isFinite(minutes) && minutes > 0 ? minutes : null };
}

function text(value) {
  return typeof value === "string" ? value : "";
}

/* Covers ----------------------------------------------------------------------------------------------------------- */

/*
 * Drawn from what a course is about: one ground, one hue and one motif per subject, on a grid of quarters and circles, so
 * that they are a family and still differ by subject. Touching shapes of one colour are one path.
 */

const VIEW_BOX = "0 0 240 120";
const circle = (className, cx, cy, r) => ["circle", className, { cx, cy, r }];
const path = (className, d) => ["path", className, { d }];
const ring = (turn) => ["ellipse", "line", { cx: 120, cy: 60, rx: 52, ry: 19, transform: `rotate(${turn} 120 60)` }];

const dots = () => {
  const found = [];
  for (let column = 0; column < 6; column += 1) {
    for (let row = 0; row < 3; row += 1) {
      const className = (column + row) % 3 === 0 ? "a" : "b";
      found.push(circle(className, 20 + column * 40, 20 + row * 40, 3 + column * 2.6 + (row === 1 ? -1 : 0)));
    }
  }
  return [...found, circle("c", 180, 60, 14)];
};

const FAMILIES = {
  cloud: [
    circle("b", 182, 56, 56),
    path("a", "M0 120a56 56 0 0 1 58-56 62 62 0 0 1 120-4 60 60 0 0 1 62 60z"),
    circle("c", 118, 62, 19),
    path("b", "M0 0h60A60 60 0 0 1 0 60z"),
    path("g", "M20 96h200v5H20zm0 12h200v5H20z"),
  ],
  stack: [
    path("b", "M0 80h240v40H0z"),
    path("a", "M0 40h164a40 40 0 0 1 40 40H0z"),
    path("c", "M0 0h84a40 40 0 0 1 40 40H0z"),
    path("b", "M240 0v56a56 56 0 0 1-56-56z"),
    circle("b", 24, 20, 8),
    circle("g", 24, 60, 8),
    circle("a", 24, 100, 8),
    path("g", "M48 57h84v6H48z"),
    path("a", "M48 97h132v6H48z"),
  ],
  web: [
    path("b", "M60 0h120v60H60z"),
    path("a", "M60 60h60v60H60zM180 0h60a60 60 0 0 1-60 60z"),
    path("c", "M120 120a60 60 0 0 1 60-60v60z"),
    circle("a", 30, 30, 18),
    path("b", "M180 78h60v10h-60zm0 22h60v10h-60zM0 78h60v10H0zm0 22h60v10H0z"),
  ],
  script: [
    path("b", "M60 60a60 60 0 0 1 120 0z"),
    path("a", "M60 60a60 60 0 0 0 120 0h-30a30 30 0 0 1-60 0z"),
    circle("c", 120, 60, 16),
    path("a", "M0 120a60 60 0 0 1 60-60v60z"),
    path("b", "M180 0h60a60 60 0 0 1-60 60zM180 60h60v60a60 60 0 0 1-60-60z"),
  ],
  orbit: [
    path("b", "M0 0h60A60 60 0 0 1 0 60zM240 120h-60a60 60 0 0 1 60-60z"),
    path("c", "M0 120a60 60 0 0 1 60-60v60zM180 0h60a60 60 0 0 1-60 60z"),
    circle("b", 120, 60, 58),
    ring(0),
    ring(60),
    ring(120),
    circle("c", 120, 60, 11),
  ],
  data: dots(),
  book: [
    path("b", "M120 0h120v60H120z"),
    path("a", "M0 0h60a60 60 0 0 1 60 60v60H0z"),
    path("c", "M120 60h60a60 60 0 0 1-60 60z"),
    circle("g", 56, 72, 26),
    circle("a", 210, 90, 22),
  ],
};

/* The first that fits wins, so the particular stand before the general. */
const SUBJECTS = [
  ["orbit", /\breact|\bvue\b|angular|svelte|component|physics|chemistr/i],
  ["script", /javascript|typescript|\bpython|\brust\b|\bgo\b|programming|algorithm|\bjs\b/i],
  ["cloud", /\baws\b|cloud|azure|serverless|devops|kubernetes|docker|infrastructure/i],
  ["data", /\bdata\b|machine learning|statistic|analytics|\bai\b|\bml\b|\bsql\b|maths?\b/i],
  ["stack", /full.?stack|bootcamp|back.?end|architect|database|system/i],
  ["web", /\bweb\b|html|css|front.?end|design/i],
];

/** `{family, viewBox, shapes}` for a course: by its name where that says a subject, else by its id; always the same. */
export function coverOf({ courseId = "", name = "" }) {
  const families = Object.keys(FAMILIES);
  const hash = hashOf(courseId);
  const known = SUBJECTS.find(([, words]) => words.test(name));
  const family = known ? known[0] : families[hash % families.length];
  return { family, viewBox: VIEW_BOX, shapes: hash % 2 ? FAMILIES[family].map(mirrored) : FAMILIES[family] };
}

/** The large picture of the storefront and of the sign-in page. */
export function posterOf() {
  const shapes = [
    path("a", "M0 0h120v120A120 120 0 0 1 0 0z"),
    path("b", "M120 0h120v120H120z"),
    circle("g", 180, 60, 42),
    circle("a", 180, 60, 18),
    path("c", "M240 0h120a120 120 0 0 1-120 120z"),
    path("b", "M0 120h120v60H0zm240 60h120v120H240z"),
    path("a", "M120 240a120 120 0 0 1 120-120v120zM240 120h120v60H240z"),
    path("a", "M0 240a60 60 0 0 1 120 0 60 60 0 0 1-120 0zM120 252h120v12H120zm0 24h120v12H120z"),
    path("c", "M240 300a60 60 0 0 1 120 0z"),
    circle("g", 60, 240, 22),
  ];
  return { family: "web", viewBox: "0 0 360 300", shapes };
}

function mirrored([tag, className, attributes]) {
  const before = attributes.transform ? ` ${attributes.transform}` : "";
  return [tag, className, { ...attributes, transform: `matrix(-1 0 0 1 240 0)${before}` }];
}

/* FNV-1a. */
function hashOf(text) {
  let hash = 2166136261;
  for (const character of String(text)) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  return hash >>> 0;
}
