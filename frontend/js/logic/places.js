/** The addresses of the pages, and which of them may be gone to after signing in. */

const AFTER_SIGN_IN = new Set(["dashboard.html", "checkout.html", "return.html", "bookings.html"]);

/** The dashboard's address. */
export const DASHBOARD = "dashboard.html";

/** The checkout page of a course. */
export function checkoutPage(courseId) {
  return `checkout.html?${new URLSearchParams({ courseId })}`;
}

/** The sign-in page, which afterwards goes on to `next` (a page of ours with its query) and says why it was shown. */
export function signInPage(next, ended = false) {
  const query = new URLSearchParams({ next });
  if (ended) query.set("ended", "1");
  return `index.html?${query}`;
}

/** Where to go after signing in: `next` if it is a page of ours and nothing else, otherwise the dashboard. */
export function safeNext(next) {
  const match = /^([a-z]+\.html)(\?[\w=&.%~+-]*)?$/.exec(next ?? "");
  return match && AFTER_SIGN_IN.has(match[1]) ? next : DASHBOARD;
}

/** This page's name and query, as `next` takes it. */
export function hereOf(location) {
  return location.pathname.split("/").pop() + location.search;
}
