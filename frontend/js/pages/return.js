/** return.html?session_id=...: what became of the payment; asks until it is settled, with an end. */

import { isPassing, nextPoll } from "../logic/backoff.js";
import { checkoutPage, DASHBOARD } from "../logic/places.js";
import { returnState, state } from "../logic/return_state.js";
import { pause, withRetry } from "../retry.js";
import { start } from "../start.js";
import { button, icon, setText, showError, slot, spinner } from "../ui.js";

const MARKS = { good: "check", warn: "alert", bad: "alert" };
const MOVE_ON_AFTER = 8;

/** Asks what became of the checkout and shows it, until nothing more can change or it has asked often enough. */
export async function mountReturn(root, app) {
  const sessionId = new URLSearchParams(location.search).get("session_id") ?? "";
  const panel = slot(root, "outcome");
  let courseId = null;
  if (!sessionId) return show(state("not_found"));
  return follow();

  async function follow() {
    show(state("asking"));
    let shown = null;
    for (let polls = 0; ; polls += 1) {
      shown = await look(polls);
      show(shown);
      const wait = shown.final ? null : nextPoll(polls + 1);
      if (wait === null || shown.name === "unavailable") return;
      await pause(wait);
    }
  }

  async function look(polls) {
    try {
      const session = await withRetry(() => app.api.checkoutSession(sessionId), { attempts: 4 });
      courseId = session.courseId ?? courseId;
      return returnState(session, polls);
    } catch (error) {
      if (error.status === 404) return state("not_found");
      if (!isPassing(error)) showError(slot(root, "page-error"), error);
      return state("unavailable");
    }
  }

  function show(now) {
    if (panel.dataset.state === now.name) return;
    panel.dataset.state = now.name;
    document.title = `${now.title} · LearnerMax`;
    setText(panel, "title", now.title);
    setText(panel, "text", now.text);
    const mark = slot(panel, "mark");
    mark.className = `outcome-mark is-${now.tone}`;
    mark.replaceChildren(now.tone === "wait" ? spinner() : icon(MARKS[now.tone]));
    slot(panel, "actions").replaceChildren(...actionsOf(now.action));
    if (now.name === "enrolled") celebrate();
  }

  function actionsOf(action) {
    if (action === "dashboard") return [link(DASHBOARD, "Go to your dashboard")];
    if (action === "checkout" && courseId) return [link(checkoutPage(courseId), "Back to checkout"), quiet(DASHBOARD)];
    if (action === "checkout") return [link(DASHBOARD, "Back to the courses")];
    if (action === "retry") return [button("Ask again", follow), quiet(DASHBOARD)];
    return [];
  }

  /** Names the course, and moves on after a while unless the student wants to stay. */
  function celebrate() {
    const note = setText(panel, "move-on", `You will go to your dashboard in ${MOVE_ON_AFTER} seconds.`);
    const timer = setTimeout(() => location.assign(DASHBOARD), MOVE_ON_AFTER * 1000);
    const stay = button("Stay on this page", () => {
      clearTimeout(timer);
      note.textContent = "";
      stay.remove();
      panel.querySelector("a").focus();
    });
    slot(panel, "actions").append(stay);
    nameCourse();
  }

  /* A kindness only: without the name, the sentence stands as it is. */
  async function nameCourse() {
    const course = await app.api.course(courseId).catch(() => null);
    if (course) setText(panel, "text", `Your payment is complete and “${course.name}” is yours.`);
  }
}

function link(address, label) {
  const element = document.createElement("a");
  element.className = "button";
  element.href = address;
  element.textContent = label;
  return element;
}

function quiet(address) {
  const element = link(address, "Dashboard");
  element.classList.add("button-quiet");
  return element;
}

start(mountReturn);
