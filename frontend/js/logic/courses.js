/** What a course card shows: the course and the student's enrollment, as the API sends them, in one plain value. */

import { formatPrice } from "./money.js";

/**
 * `{kind, price, progress}`: kind is enrolled, soon, free or paid; progress is 0 to 100, or null when unknown.
 * An enrollment whose payment is pending is not one yet.
 */
export function cardOf(course, enrollment, { currency = "usd", locale } = {}) {
  const enrolled = Boolean(enrollment) && enrollment.paymentStatus !== "pending";
  return {
    kind: kindOf(course, enrolled),
    price: priceOf(course, currency, locale),
    progress: enrolled ? progressOf(enrollment) : null,
  };
}

/** The facts worth a line: who teaches, how long, how many lessons; only those that are known. */
export function factsOf({ instructor, estimatedDuration, totalLessons }) {
  const lessons = Number.isInteger(totalLessons) && totalLessons > 0 ? totalLessons : null;
  return [
    instructor || null,
    estimatedDuration ? String(estimatedDuration) : null,
    lessons && (lessons === 1 ? "1 lesson" : `${lessons} lessons`),
  ].filter(Boolean);
}

/** The enrollments by course, for one look-up per card. */
export function byCourse(enrollments) {
  return new Map(enrollments.map((enrollment) => [enrollment.courseId, enrollment]));
}

/** The picture's address when it is one that a page may load: https, or a path of this site; else null. */
export function pictureOf({ imageUrl }) {
  if (typeof imageUrl !== "string") return null;
  return /^https:\/\//i.test(imageUrl) ? imageUrl : null;
}

function kindOf(course, enrolled) {
  if (enrolled) return "enrolled";
  if (course.comingSoon) return "soon";
  return course.pricingModel === "free" ? "free" : "paid";
}

function priceOf(course, currency, locale) {
  if (course.pricingModel === "free") return "Free";
  if (course.price === undefined || course.price === null) return null;
  return formatPrice(course.price, course.currency ?? currency, locale);
}

function progressOf({ progress, completed }) {
  if (completed) return 100;
  return Number.isFinite(progress) ? Math.min(100, Math.max(0, Math.round(progress))) : null;
}
