/** One payment: what happened, what it is worth now, and what can be decided about it. */

import { withRetry } from "../app.js";
import { decimalOf } from "../logic/common.js";
import { disputeOf, isAnswerable, minorOf, refundable, storyOf } from "../logic/office.js";
import { announce, dayAndTime, el, hasText, money, showNotice, t } from "../ui.js";
import { answerBy, crumb, field, input, nothing, officePage, order, panel, paymentBadge, select, head } from "./parts.js";

const TONES = {
  received: "is-good", review: "is-warn", "resolved.enrolled": "is-good", refunded: "is-plain", disputed: "is-bad", chargedBack: "is-bad", failed: "is-bad",
};

/** Shows the payment of the address, and again after every decision. */
export async function show({ view, app, desk, query }) {
  const paymentId = query.get("id") ?? "";
  const said = el("div", {});
  const me = app.student.id;
  let history = null;
  let person = null;
  try {
    history = await withRetry(() => desk.history(paymentId));
    person = await whose(history.payment);
    draw(history.payment);
  } catch (error) {
    if (error.status !== 404) throw error;
    view.replaceChildren(head(t("office.payments")), nothing(t("office.noPayment"), t("office.noPaymentText", { id: paymentId })));
  }

  /* A help only: without the name, the payment is shown all the same. */
  async function whose({ userId }) {
    return desk.student(userId).then(({ student }) => student ?? null, () => null);
  }

  function draw(payment) {
    const currency = payment.receivedCurrency ?? payment.currency;
    const amount = money(payment.received ?? payment.finalAmount, currency);
    view.replaceChildren(
      el("div", {},
        crumb("payments", t("office.payments")),
        el("div", { class: "office-head" }, el("div", {},
          el("div", { class: "office-title" }, el("h1", { tabindex: "-1" }, t("office.paymentTitle", { amount, course: payment.courseName })), paymentBadge(payment)),
          el("p", { class: "note" }, t("office.orderLine", { id: payment.id, day: dayAndTime(payment.createdAt) }))))),
      said,
      el("div", { class: "office-columns is-left-wide" },
        el("div", { class: "office-view" },
          story(payment, currency, history.ledger, me), refunds(history.refunds, history.ledger, me),
          el("div", { class: "office-columns" },
            el("div", { class: "office-view" }, sums(payment, currency), history.atProvider && atProvider(history.atProvider)), who(payment, person))),
        el("div", { class: "office-view" }, decisions(payment, currency))));
  }

  async function after(payment, text) {
    history = await desk.history(paymentId).catch(() => history);
    draw(payment);
    showNotice(said, { tone: "good", text });
    announce(text);
    view.querySelector("h1").focus();
  }

  function decisions(payment, currency) {
    const dispute = disputeOf(payment, history.refunds);
    const standing = dispute && disputed(dispute, payment, currency, history.refunds);
    if (!desk.may("POST /api/admin/payments/{id}/resolve")) return [standing, panel(t("office.decide"), el("p", { class: "note" }, t("office.decideOthers")))].filter(Boolean);
    const waits = payment.status === "review" && !payment.resolution;
    const left = refundable(payment);
    return [
      standing,
      waits && resolution(payment),
      left > 0 && !waits && !(payment.disputed > 0) && giveBack("refund", payment, currency, left),
      left > 0 && !waits && giveBack("repay", payment, currency, left),
      !waits && left === 0 && !dispute && panel(t("office.nothingToDecide"), el("p", { class: "note" }, t("office.nothingToDecideText"))),
    ].filter(Boolean);
  }

  function resolution(payment) {
    return panel(t("office.decide"), order({
      label: t("office.decideButton"),
      busy: t("office.deciding"),
      testid: "resolve",
      fields: [
        field(t("office.decision"), select("resolution", ["refunded", "enrolled", "dismissed"].map((kind) => [kind, t(`office.resolution.${kind}`)])), t("office.decisionHint")),
        field(t("office.note"), el("textarea", { class: "input", name: "note", rows: "3", maxlength: "500", required: true, "data-testid": "note" }), t("office.noteHint")),
      ],
      send: async (form) => {
        const { resolution: kind, note } = form.elements;
        await after(await withRetry(() => desk.resolve(payment.id, kind.value, note.value.trim())), t("office.decided"));
      },
    }));
  }

  /* The id is made with the form: pressed twice, or sent again after a lost answer, it is one and the same refund. */
  function giveBack(kind, payment, currency, left) {
    const refundId = `office-${crypto.randomUUID()}`;
    const amount = input(`${kind}-amount`, { inputmode: "decimal", value: decimalOf(left, currency), required: true });
    const words = () => {
      const minor = minorOf(amount.value, currency);
      return minor === null || minor > left ? t(`office.${kind}Button`) : t(`office.${kind}ButtonOf`, { amount: money(minor, currency) });
    };
    const box = kind === "repay" ? folded : panel;
    return box(t(`office.${kind}`), order({
      label: words,
      busy: t("office.sending"),
      danger: kind === "refund",
      quiet: kind === "repay",
      testid: kind,
      fields: [
        field(t("office.amountIn", { currency: currency.toUpperCase() }), amount, t("office.amountHint", { most: money(left, currency) })),
        field(t("office.reasonField"), input(`${kind}-reason`, { required: true, maxlength: "500" }), t(`office.${kind}Hint`)),
      ],
      send: async (form, message) => {
        const wanted = minorOf(amount.value, currency);
        if (wanted === null || wanted > left) {
          showNotice(message, { tone: "bad", text: t("office.amountWrong", { most: money(left, currency) }) });
          amount.focus();
          return;
        }
        const ask = { amount: wanted, reason: form.elements[`${kind}-reason`].value.trim() };
        const { refund, payment: now } = await withRetry(() => desk[kind](payment.id, refundId, ask));
        await after(now, t(refund.status === "requested" ? "office.refundRequestedText" : `office.${kind}Done`, { amount: money(refund.amount, refund.currency) }));
      },
    }));
  }
}

/* What a person does about a dispute: the bank decides, by what the school answers in time. */
function disputed(state, payment, currency, reversals) {
  const amount = money(payment.disputed, currency);
  const canAnswer = reversals.some((reversal) => isAnswerable(reversal, Date.now()));
  const title = t(state === "inquiry" ? "office.inquiry" : "office.dispute");
  return el("section", { class: "panel stack", "aria-label": title, "data-testid": "dispute" },
    el("h2", { class: "panel-title" }, title),
    (state === "inquiry" || payment.disputed > 0) && el("p", {}, t(`office.dispute.${state}`, { amount })),
    ...reversals.filter(({ respondBy }) => respondBy).map((dispute) => el("p", {}, el("b", {}, answerBy(dispute)))),
    ...(!canAnswer ? [state !== "won" && el("p", {}, t("office.disputeAtBank"))] : [
      el("p", {}, t("office.disputeAnswer")),
      el("p", { class: "note" }, t("office.disputeEvidence"), " ", el("span", { class: "code" }, `payments evidence ${payment.id}`)),
    ]),
    payment.disputed > 0 && el("p", { class: "note" }, t("office.disputeNoRefund")));
}

/* What is not asked for every day. */
function folded(title, ...content) {
  return el("details", { class: "panel" }, el("summary", {}, el("h2", { class: "panel-title" }, title)), el("div", { class: "stack" }, content));
}

function by(userId, me) {
  return userId === me ? t("office.byYou") : t("office.by", { id: userId });
}

function story(payment, currency, entries, me) {
  return panel(t("office.story"), el("ol", { class: "timeline" }, storyOf(payment, entries).map((entry) => {
    const note = entry.name === "review" ? t(`office.reason.${entry.note}`) : entry.name === "opened" && entry.note ? t("office.withCode", { code: entry.note }) : entry.note;
    return el("li", { class: TONES[entry.name] },
      el("p", { class: "timeline-line" }, el("b", {}, t(`office.story.${entry.name}`, { amount: entry.amount === undefined ? "" : money(entry.amount, entry.name === "opened" ? payment.currency : currency) })),
        entry.at && el("span", { class: "small" }, dayAndTime(entry.at))),
      (note || entry.by) && el("p", { class: "note" }, [note, entry.by && by(entry.by, me)].filter(Boolean).join(" · ")));
  })));
}

function refunds(list, entries, me) {
  if (list.length === 0) return null;
  const since = ({ kind, refundId, requestedAt }) => (kind === "dispute" ? entries.find(({ entryId }) => entryId?.startsWith(`DISPUTE#${refundId}#`))?.recordedAt : requestedAt);
  return panel(t("office.refunds"), el("ol", { class: "timeline" }, list.map((refund) => el("li", {},
    el("p", { class: "timeline-line" }, el("b", {}, t(`office.refundKind.${refund.kind}`, { amount: money(refund.amount, refund.currency) })), since(refund) && el("span", { class: "small" }, dayAndTime(since(refund)))),
    el("p", { class: "note" }, [
      hasText(`office.refundStatus.${refund.status}`) ? t(`office.refundStatus.${refund.status}`) : refund.status,
      refund.respondBy && answerBy(refund),
      refund.kind === "dispute" && refund.providerReason && t("office.disputeReason", { reason: refund.providerReason }),
      refund.reason, refund.requestedBy && by(refund.requestedBy, me),
    ].filter(Boolean).join(" · "))))));
}

/* What the provider says now, beside what is stored: a difference is for a person. */
function atProvider({ received, receivedCurrency, checkoutStatus, problem }) {
  return panel(t("office.atProvider"), el("dl", { class: "lines" }, [
    problem && el("div", {}, el("dt", {}, t("office.problem")), el("dd", {}, problem)),
    checkoutStatus && el("div", {}, el("dt", {}, t("office.checkout")), el("dd", {}, hasText(`office.checkoutStatus.${checkoutStatus}`) ? t(`office.checkoutStatus.${checkoutStatus}`) : checkoutStatus)),
    received !== undefined && receivedCurrency && el("div", {}, el("dt", {}, t("office.received")), el("dd", {}, money(received, receivedCurrency))),
  ].filter(Boolean)));
}

function sums(payment, currency) {
  const line = (key, amount, always = false, unit = currency) => (always || amount > 0) && el("div", {}, el("dt", {}, t(key)), el("dd", {}, money(amount, unit)));
  return panel(t("office.money"), el("dl", { class: "lines" }, [
    line("office.price", payment.amount, true, payment.currency),
    line("office.discount", payment.discountAmount, false, payment.currency),
    payment.received !== undefined && line("office.received", payment.received, true),
    line("office.refunded", payment.refunded),
    line("office.refundRequested", payment.refundRequested),
    line("office.repaid", payment.repaid),
    line("office.chargedBack", payment.chargedBack),
    payment.kept !== undefined && el("div", { class: "is-total" }, el("dt", {}, t("office.kept")), el("dd", { "data-testid": "kept" }, money(payment.kept, currency))),
    line("office.keptDisputed", payment.disputed),
  ].filter(Boolean)));
}

function who(payment, person) {
  const line = (key, value) => value && el("div", {}, el("dt", {}, t(key)), el("dd", { class: "code" }, value));
  return panel(t("office.student"),
    person && el("p", {}, el("b", {}, person.name || person.email), el("br"), el("span", { class: "note" }, person.email)),
    el("dl", { class: "lines is-stacked" }, [
      line("office.studentId", payment.userId), line("office.provider", payment.provider),
      line("office.checkoutId", payment.providerSessionId ?? payment.stripeSessionId), line("office.paymentId", payment.providerPaymentId ?? payment.stripePaymentIntentId),
    ].filter(Boolean)),
    el("p", { class: "actions" }, el("a", { class: "button button-quiet", href: officePage("students", { user: payment.userId, course: payment.courseId }) }, t(person ? "office.seeStudent" : "office.changeAccess"))));
}
