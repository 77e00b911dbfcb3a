/** One course on the dashboard, and enrolling in it. */

import { canAskAgain } from "./logic/checkout.js";
import { cardOf, factsOf, pictureOf } from "./logic/courses.js";
import { checkoutPage } from "./logic/places.js";
import { withRetry } from "./retry.js";
import { announce, copyOf, drawCover, icon, setText, showError, slot, spinner } from "./ui.js";

/** The card's element. `onEnrolled(enrollment)` is called once the API has confirmed a free enrollment. */
export function createCourseCard(course, enrollment, app, onEnrolled) {
  const card = copyOf("course-card");
  const id = course.courseId;
  card.dataset.testid = `course-card-${id}`;
  drawCover(slot(card, "cover"), id, { pictureUrl: pictureOf(course) });
  setText(card, "name", course.name);
  setText(card, "text", course.description);
  slot(card, "facts").replaceChildren(...factsOf(course).map(listItem));
  fillGoals(card, course.learningObjectives);
  showFoot(enrollment);
  return card;

  function showFoot(known) {
    const view = cardOf(course, known, { currency: app.settings.currency, locale: app.locale });
    card.dataset.kind = view.kind;
    const parts = {
      enrolled: () => [enrolledBadge(), ...progressOf(view.progress)],
      soon: () => [comingSoon()],
      free: () => [price("Free"), enrollButton()],
      paid: () => [price(view.price ?? "See checkout"), checkoutLink()],
    };
    slot(card, "foot").replaceChildren(...parts[view.kind]());
  }

  /* The badge turns up at once but says what is true: "Enrolling…" until the API has confirmed. */
  async function enrollFree() {
    const foot = slot(card, "foot");
    const pending = badge("badge-good", spinner(), "Enrolling…");
    foot.replaceChildren(pending);
    pending.focus();
    slot(card, "error").hidden = true;
    try {
      const onWait = () => pending.replaceChildren(spinner(), "Still trying…");
      const answer = await withRetry(() => app.api.enroll(id), { onWait });
      if (answer.status !== "active") return location.assign(checkoutPage(id));
      showFoot(answer.enrollment);
      foot.querySelector(".badge").focus();
      announce(`You are enrolled in ${course.name}.`);
      return onEnrolled(answer.enrollment);
    } catch (error) {
      showFoot(null);
      foot.querySelector("button").focus();
      return showError(slot(card, "error"), error, canAskAgain(error) ? enrollFree : null);
    }
  }

  function enrolledBadge() {
    const element = badge("badge-enrolled", icon("check"), "Enrolled");
    element.dataset.testid = `enrolled-badge-${id}`;
    return element;
  }

  function comingSoon() {
    const element = badge("badge-accent", icon("clock"), "Coming soon");
    element.dataset.testid = `price-${id}`;
    return element;
  }

  function price(text) {
    const element = document.createElement("p");
    element.className = "price";
    element.dataset.testid = `price-${id}`;
    element.textContent = text;
    return element;
  }

  function enrollButton() {
    const element = document.createElement("button");
    element.type = "button";
    element.addEventListener("click", enrollFree);
    return asEnroll(element);
  }

  function checkoutLink() {
    const element = document.createElement("a");
    element.href = checkoutPage(id);
    return asEnroll(element);
  }

  function asEnroll(element) {
    const rest = document.createElement("span");
    rest.className = "visually-hidden";
    rest.textContent = ` in ${course.name}`;
    element.className = "button";
    element.dataset.testid = `enroll-${id}`;
    element.append("Enroll now", rest);
    return element;
  }
}

function badge(tone, ...content) {
  const element = document.createElement("span");
  element.className = `badge ${tone}`;
  element.tabIndex = -1;
  element.append(...content);
  return element;
}

function progressOf(percent) {
  if (percent === null) return [];
  const label = document.createElement("label");
  const bar = document.createElement("progress");
  label.className = "course-progress";
  bar.max = 100;
  bar.value = percent;
  label.append(progressText(percent), bar);
  return [label];
}

function progressText(percent) {
  if (percent === 0) return "Not started yet";
  return percent === 100 ? "Completed" : `${percent}% done`;
}

function fillGoals(card, goals) {
  const texts = Array.isArray(goals) ? goals.filter((goal) => typeof goal === "string" && goal) : [];
  slot(card, "goals").hidden = texts.length === 0;
  slot(card, "goal-list").replaceChildren(...texts.map(listItem));
}

function listItem(text) {
  const element = document.createElement("li");
  element.textContent = text;
  return element;
}
