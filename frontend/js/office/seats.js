/** The seats of a course and who waits for one, and who is invited to a course by invitation. */

import { withRetry } from "../app.js";
import { coursePage } from "../logic/common.js";
import { seatsOf, wholeSeats } from "../logic/office.js";
import { badge, button, day, el, moment, showError, showNotice, t } from "../ui.js";
import { csvButton, field, input, officePage, order, panel, table, tablePanel } from "./parts.js";

const STATES = { open: ["good", "check"], used: ["plain", "check"], expired: ["plain", "clock"], withdrawn: ["plain", "undo"] };

/**
 * What a course's page shows of its seats: `{form, line}`, how many are taken with the form to limit them, and the box
 * with who waits; both are empty or null where there is nothing to show or to do. `showDone` says what was done.
 */
export function seatsOfCourse({ course, desk, showDone }) {
  const { courseId } = course;
  const state = el("p", { class: "note", "data-testid": "seats-taken" });
  const line = el("div", {});
  const may = desk.may("PUT /api/admin/courses/{courseId}/capacity");
  const draw = () => {
    const seats = seatsOf(course);
    state.replaceChildren(seats ? t("office.seatsTaken", { count: seats.taken, capacity: seats.capacity }) : t("office.seatsOpen"));
    line.replaceChildren();
    if (seats) loaded(line, () => desk.seatClaims(courseId), drawLine);
  };
  draw();
  const form = order({
    label: t("office.setCapacity"),
    busy: t("office.sending"),
    quiet: true,
    testid: "set-capacity",
    fields: [
      field(t("office.capacity"), input("capacity", { inputmode: "numeric", maxlength: "6", value: String(course.capacity ?? "") }), t("office.capacityHint")),
      field(t("office.reasonField"), input("capacity-reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
    ],
    send: async (sent, message) => {
      const capacity = wholeSeats(sent.elements.capacity.value);
      if (capacity === undefined) {
        showNotice(message, { tone: "bad", text: t("office.capacityWrong") });
        sent.elements.capacity.focus();
        return;
      }
      const now = await withRetry(() => desk.limit(courseId, capacity, sent.elements["capacity-reason"].value.trim()));
      Object.assign(course, { capacity: now.capacity, seatsLeft: now.seatsLeft });
      sent.elements["capacity-reason"].value = "";
      draw();
      showDone(capacity === null ? t("office.capacityNone") : t("office.capacitySet", { count: capacity }));
    },
  });
  return { form: may || course.capacity ? panel(t("office.seats"), state, may && form) : null, line };

  function drawLine(claims) {
    const places = claims.filter(({ state: at }) => at === "waiting");
    const rows = claims.map((claim) => [
      claim.state === "held" ? badge("accent", "clock", t("office.held"), { tabindex: null }) : String(places.indexOf(claim) + 1),
      el("a", { class: "code", href: officePage("students", { user: claim.userId }) }, claim.userId),
      claim.heldUntil ? moment(claim.heldUntil) : "",
      day(claim.joinedAt),
    ]);
    line.replaceChildren(tablePanel(t("office.line"),
      claims.length > 0 && csvButton(`waiting-${courseId}`, ["user_id", "state", "joined_at", "held_until"], claims.map((one) => [one.userId, one.state, one.joinedAt, one.heldUntil])),
      claims.length === 0
        ? el("p", { class: "note office-inset" }, t("office.lineEmpty"))
        : table(t("office.line"), [[t("office.place")], [t("office.studentId")], [t("office.heldUntil")], [t("office.since")]], rows)));
  }
}

/** Who is invited to a course by invitation, and the form that invites; null for who may not see it. */
export function invitationsOf({ course, desk, showDone }) {
  if (course.pricingModel !== "invitation" || !desk.may("GET /api/admin/courses/{courseId}/invitations")) return null;
  const { courseId } = course;
  const list = el("div", {});
  const redraw = () => loaded(list, () => desk.invitations(courseId), draw);
  redraw();
  const address = new URL(coursePage(courseId), location.href).href;
  return el("div", { class: "office-columns is-right-wide" }, panel(t("office.invite"), el("p", { class: "note" }, t("office.inviteText")), order({
    label: t("office.inviteButton"),
    busy: t("office.sending"),
    testid: "invite",
    fields: [
      field(t("office.email"), input("invite-email", { type: "email", required: true, maxlength: "254" }), t("office.inviteHint")),
      field(t("office.until"), input("invite-until", { type: "date", min: new Date().toISOString().slice(0, 10) }), t("office.untilHint")),
      field(t("office.reasonField"), input("invite-reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
    ],
    send: async (form) => {
      const value = (name) => form.elements[name].value.trim();
      const until = value("invite-until");
      const made = await withRetry(() => desk.invite(courseId, {
        email: value("invite-email"), reason: value("invite-reason"), ...(until && { expiresAt: `${until}T23:59:59Z` }),
      }));
      form.reset();
      redraw();
      showDone(t("office.invited", { invitee: made.invitee, address }));
    },
  })), list);

  function draw(found) {
    list.replaceChildren(tablePanel(t("office.invitations"),
      found.length > 0 && csvButton(`invitations-${courseId}`, ["invitee", "state", "invited_at", "expires_at", "used_by"], found.map((one) => [one.invitee, one.state, one.invitedAt, one.expiresAt, one.usedBy])),
      found.length === 0
        ? el("p", { class: "note office-inset" }, t("office.noInvitations"))
        : table(t("office.invitations"), [[t("office.invitee")], [t("office.state")], [t("office.since")], [t("office.until")]], found.map(row))));
  }

  function row(one) {
    const [tone, iconName] = STATES[one.state] ?? ["plain", "info"];
    const state = el("div", {}, badge(tone, iconName, t(`office.invitation.${one.state}`), { tabindex: null }));
    if (one.state === "open") state.append(" ", withdraw(one, state));
    return [
      one.usedBy ? el("a", { href: officePage("students", { user: one.usedBy }) }, one.invitee) : one.invitee,
      state,
      day(one.invitedAt),
      one.expiresAt ? moment(one.expiresAt) : t("office.noEnd"),
    ];
  }

  /* Two steps, and a reason: an invitation that was withdrawn by mistake must be made anew. */
  function withdraw(one, box) {
    return button(t("office.withdraw"), () => {
      const reason = input(`reason-${one.invitationId}`, { required: true, maxlength: "500", "data-testid": "withdraw-reason" });
      box.replaceChildren(order({
        label: t("office.withdraw"),
        busy: t("office.sending"),
        danger: true,
        testid: "withdraw",
        fields: field(t("office.reasonField"), reason, t("office.reasonHint")),
        send: async () => {
          await withRetry(() => desk.withdraw(courseId, one.invitationId, reason.value.trim()));
          redraw();
          showDone(t("office.withdrawn", { invitee: one.invitee }));
        },
      }));
      reason.focus();
    }, { class: "button-link", "aria-label": t("office.withdrawWho", { invitee: one.invitee }) });
  }
}

/** Shows what the call gives; what fails can be asked for again. */
async function loaded(box, call, draw) {
  try {
    draw(await withRetry(call));
  } catch (error) {
    if (error.status === undefined) throw error;
    showError(box, error, () => loaded(box, call, draw));
  }
}
