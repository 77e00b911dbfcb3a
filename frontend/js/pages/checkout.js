/** checkout.html?courseId=...: the order; then, from ../checkout_form.js, the discount code and the payment form. */

import { giveUp, start, withRetry } from "../app.js";
import { coursePage } from "../logic/common.js";
import { coverOf, pictureOf } from "../logic/courses.js";
import { cover, coursePrice, el, icon, linkButton, money, setText, showNotice, slot, t } from "../ui.js";

/** Shows the course with its price, opens the checkout and mounts the form; says so when there is nothing to pay. */
export async function mountCheckout(root, app) {
  const query = new URLSearchParams(location.search);
  const courseId = query.get("courseId") ?? "";
  if (!courseId) return missing(root);
  const summary = slot(root, "summary");
  keepOrderOpen(summary);
  slot(root, "back").href = coursePage(courseId);
  const terms = app.api.sessions().catch(() => []); // what is known of an open checkout is a help and no condition
  const course = await withRetry(() => app.api.course(courseId));
  showCourse(summary, course, app.school);
  document.title = `${t("checkout.title")}: ${course.name}`;
  const order = { showAmounts: (amounts) => showLines(summary, amounts), showPrice: () => showPrice(summary, course), finish };
  const { mountForm } = await import("../checkout_form.js");
  return mountForm(root, app, { course, code: query.get("code"), sessions: await terms, order });

  /** Puts what is to be said in place of the form. */
  function finish({ tone, mark, title, text, actions }) {
    slot(summary, "lines").hidden = true;
    slot(summary, "code-fold").hidden = true;
    slot(summary, "points").hidden = true;
    slot(root, "test-mode").hidden = true;
    const panel = el("div", { class: "panel outcome", "data-testid": "checkout-outcome" },
      el("div", { class: `outcome-mark is-${tone}`, "aria-hidden": "true" }, icon(mark)),
      el("h2", { tabindex: "-1" }, title),
      text && el("p", { class: "outcome-text" }, text),
      el("div", { class: "actions" }, actions));
    slot(root, "pay-side").replaceChildren(panel);
    panel.querySelector("h2").focus();
  }
}

function showCourse(summary, course, school) {
  slot(summary, "cover").replaceChildren(cover(coverOf(course), pictureOf(course, school.imageOrigins)));
  setText(summary, "course-name", course.name);
  slot(summary, "fold-name").textContent = course.name;
  setText(summary, "course-facts", [course.instructor, course.estimatedDuration].filter(Boolean).join(" · "));
  showPrice(summary, course);
  if (school.refundDays > 0) {
    slot(summary, "points").append(el("li", {}, icon("undo"), el("span", {}, t("checkout.point.refund", { days: school.refundDays }))));
  }
}

function showPrice(summary, course) {
  const text = coursePrice(course);
  for (const name of ["price", "total", "fold-total"]) slot(summary, name).replaceChildren(text);
  slot(summary, "discount-line").hidden = true;
}

function showLines(summary, { price, discount, total, currency }) {
  setText(summary, "price", money(price, currency));
  setText(summary, "discount", discount > 0 ? money(-discount, currency) : null);
  slot(summary, "discount-line").hidden = !(discount > 0);
  for (const name of ["total", "fold-total"]) slot(summary, name).textContent = money(total, currency);
}

/* Beside the form the order stands open; above it, on a small screen, it is one line that opens. */
function keepOrderOpen(summary) {
  const wide = matchMedia("(min-width: 60.01rem)");
  const follow = () => {
    summary.open = wide.matches;
  };
  wide.addEventListener("change", follow);
  follow();
}

function missing(root) {
  const all = linkButton("index.html", t("store.all"));
  showNotice(slot(root, "page-error"), { text: `${t("checkout.missing")} ${t("checkout.missingText")}`, actions: [all] });
  giveUp(root);
}

start(mountCheckout, { members: true });
