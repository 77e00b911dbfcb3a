/** What became of payments, decided from payment sessions and checkouts as the API sends them. Words are in texts/. */

const OVER_UNPAID = new Set(["cancelled", "expired"]);
/* Of these the provider has a receipt, if it makes any. */
const PAID_STATES = new Set(["completed", "partially_refunded", "refunded", "disputed", "charged_back", "review"]);
const TONES = {
  pending: ["accent", "once"],
  processing: ["warn", "bank"],
  completed: ["good", "check"],
  free: ["good", "check"],
  partially_refunded: ["accent", "undo"],
  refunded: ["plain", "undo"],
  closed: ["plain", "info"],
  disputed: ["warn", "alert"],
  charged_back: ["plain", "undo"],
  cancelled: ["plain", "info"],
  cancelling: ["plain", "info"],
  expired: ["plain", "clock"],
  failed: ["bad", "alert"],
  review: ["warn", "clock"],
};

/**
 * What a student reads about a payment session: its status, refined by what was given back, is disputed, or was
 * decided about it. A status that the page does not know stays as it is.
 */
export function stateOf({ status, paymentStatus, resolution, finalAmount }) {
  if (status === "review" && (resolution === "refunded" || resolution === "closed")) return resolution;
  if (status !== "completed") return status;
  if (paymentStatus === "partially_refunded" || paymentStatus === "disputed") return paymentStatus;
  return finalAmount === 0 ? "free" : "completed";
}

/**
 * One line of the purchases: `{state, tone, icon, known, total, back, list, canCancel, canContinue, canOpen, hasReceipt}`.
 * Amounts are minor units; `total` is what was paid or is due, `back` what of it was given back, `list` the price before
 * the discount, null without one. An unknown state offers nothing.
 */
export function purchaseOf(session) {
  const state = stateOf(session);
  const known = Object.hasOwn(TONES, state);
  const [tone, icon] = known ? TONES[state] : ["plain", "info"];
  const pending = state === "pending";
  const total = session.finalAmount ?? session.amount - (session.discountAmount ?? 0);
  return {
    state,
    tone,
    icon,
    known,
    total,
    back: Math.min(session.givenBack ?? 0, total),
    list: session.discountAmount > 0 && !session.givenBack ? session.amount : null,
    canCancel: pending,
    canContinue: pending && session.uiMode !== "hosted",
    canOpen: ["completed", "free", "partially_refunded"].includes(state),
    hasReceipt: PAID_STATES.has(state) && session.finalAmount !== 0,
  };
}

/**
 * Purchases instead of a log of checkouts: `{shown, ended}`, both newest first. A checkout that ended without money is
 * `ended`; a failed one too, once there is a newer one for the same course.
 */
export function purchasesOf(sessions) {
  const newest = [...sessions].sort((one, other) => String(other.createdAt).localeCompare(String(one.createdAt)));
  const shown = [];
  const ended = [];
  const seen = new Set();
  for (const session of newest) {
    const overtaken = session.status === "failed" && seen.has(session.courseId);
    (OVER_UNPAID.has(session.status) || overtaken ? ended : shown).push(session);
    seen.add(session.courseId);
  }
  return { shown, ended };
}

/** The discount code of the checkout that is open for a course, or null: the terms that a visit to it goes on with. */
export function openTerms(sessions, courseId) {
  const open = sessions.find((session) => session.courseId === courseId && session.status === "pending");
  return open?.couponCode ?? null;
}

/* The page after the payment form -------------------------------------------------------------------------------- */

/* Polls of a paid but not yet enrolled session before the page says that a person looks at it. */
const SETTLING_POLLS = 3;

const RETURNS = {
  asking: { tone: "wait" },
  enrolled: { tone: "good", action: "start", final: true },
  settling: { tone: "wait" },
  review: { tone: "warn", action: "purchases" },
  confirming: { tone: "wait", action: "purchases" },
  open: { tone: "warn", action: "checkout", final: true },
  expired: { tone: "warn", action: "checkout", final: true },
  failed: { tone: "bad", action: "checkout", final: true },
  refunded: { tone: "good", action: "purchases", final: true },
  charged_back: { tone: "warn", action: "purchases", final: true },
  disputed: { tone: "warn", action: "purchases", final: true },
  closed: { tone: "warn", action: "purchases", final: true },
  not_found: { tone: "bad", action: "purchases", final: true },
  unavailable: { tone: "warn", action: "retry" },
};

/**
 * The state of the page: `{name, tone, action, final}`; `final` means that asking again changes nothing. `checkout` is
 * what the API says of it, `session` the student's payment session where it is known, `polls` how often it was asked.
 */
export function returnState(checkout, session = null, polls = 0) {
  return state(returnName(checkout, session, polls));
}

/** A state by name, for what is known without an answer: asking, not_found, unavailable. */
export function state(name) {
  return { name, action: null, final: false, ...RETURNS[name] };
}

function returnName({ status, paymentStatus, enrolled }, session, polls) {
  if (enrolled === true) return "enrolled";
  const decided = session ? stateOf(session) : null;
  if (decided && ["failed", "refunded", "charged_back", "disputed", "closed"].includes(decided)) return decided;
  if (status === "expired") return "expired";
  if (status === "open") return "open";
  if (status !== "complete") return "unavailable";
  if (paymentStatus === "unpaid") return "confirming";
  return polls < SETTLING_POLLS && session?.status !== "review" ? "settling" : "review";
}
