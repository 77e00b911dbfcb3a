/** Courses with a capacity: how many seats are left, the line for one, and the seat that is held for a student. */

import { readSession, withRetry } from "./app.js";
import { coursePage, signInPage } from "./logic/common.js";
import { announce, badge, button, el, isBusy, moment, setBusy, showError, t } from "./ui.js";

/**
 * What can be done about a course, as `wayTo` gives it, with its seats. `place` is {state, position, heldUntil} of the
 * student, null for a visitor; `changed` takes the place after the student has joined or left the line.
 */
export function withSeats(parts, { course, place, api, changed }) {
  const id = course.courseId;
  const message = el("div", {});
  const [cost] = parts.panel;
  const step = (key, call, attributes) => {
    const control = button(t(key), async () => {
      if (isBusy(control)) return;
      setBusy(control, true, t("seats.busy"));
      try {
        const next = await withRetry(call);
        changed(next);
        announce(t(next.state === "waiting" ? "seats.joined" : "seats.left", { name: course.name }));
      } catch (error) {
        setBusy(control, false, t(key));
        showError(message, error);
      }
    }, attributes);
    return control;
  };
  const leave = (key) => step(key, () => api.leaveLine(id), { class: "button button-quiet button-wide", "data-testid": `leave-line-${id}` });

  if (place?.state === "waiting") {
    return {
      panel: [
        cost,
        badge("warn", "clock", t("seats.place", { position: place.position }), { "data-testid": `place-${id}` }),
        el("p", {}, t("seats.placeText")), leave("seats.leave"), message,
      ],
      bar: [],
    };
  }
  if (place?.state === "held") {
    const until = t("seats.heldText", { until: moment(place.heldUntil) });
    return { panel: [el("p", { class: "note", "data-testid": `held-${id}` }, until), ...parts.panel, leave("seats.giveBack"), message], bar: parts.bar };
  }
  if (course.seatsLeft > 0) {
    return { panel: [...parts.panel, el("p", { class: "small", "data-testid": `seats-${id}` }, t("seats.free", { count: course.seatsLeft }))], bar: parts.bar };
  }
  const join = readSession()
    ? step("seats.join", () => api.joinLine(id), { class: "button button-large button-wide", "data-testid": `join-line-${id}` })
    : button(t("seats.join"), () => location.assign(signInPage(coursePage(id), { mode: "up" })), {
        class: "button button-large button-wide", "data-testid": `join-line-${id}`,
      });
  return {
    panel: [cost, badge("warn", "clock", t("seats.full"), { "data-testid": `full-${id}` }), join, el("p", { class: "small" }, t("seats.fullText")), message],
    bar: [],
  };
}
