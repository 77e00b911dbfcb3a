/**
 * The discount code applied to a course in this tab, so that reloading the page or coming back to it opens the
 * checkout on the same terms. Kept here and not in the address, where a link could apply one unasked.
 */

const key = (courseId) => `learnermax.coupon.${courseId}`;

/** The code, or null. */
export function keptCoupon(courseId) {
  return sessionStorage.getItem(key(courseId));
}

/** Keeps the code for this course; null forgets it. */
export function keepCoupon(courseId, code) {
  if (code) sessionStorage.setItem(key(courseId), code);
  else sessionStorage.removeItem(key(courseId));
}
