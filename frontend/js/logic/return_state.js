/** What the page after the payment form says, decided from what the API knows of the checkout session. */

/* Polls of a paid but not yet enrolled session before the page says that a person looks at it. */
const SETTLING_POLLS = 3;

const STATES = {
  asking: { tone: "wait", title: "Checking your payment…", text: "This takes a moment. Please keep this page open." },
  enrolled: {
    tone: "good",
    title: "You are enrolled",
    text: "Your payment is complete and the course is yours.",
    action: "dashboard",
    final: true,
  },
  settling: {
    tone: "wait",
    title: "Your payment arrived",
    text: "We are finishing your enrollment. Please keep this page open for a moment.",
  },
  review: {
    tone: "warn",
    title: "We received your payment",
    text:
      "Your enrollment did not finish by itself, so a person checks it now. You do not need to pay again; " +
      "the course appears on your dashboard once the check is done.",
    action: "dashboard",
  },
  confirming: {
    tone: "wait",
    title: "Your bank is confirming the payment",
    text:
      "Some ways to pay take a while, sometimes days. We enroll you as soon as your bank confirms; you can close " +
      "this page.",
    action: "dashboard",
  },
  open: {
    tone: "warn",
    title: "The payment is not finished",
    text: "You have not been charged. You can go back and finish, or pay in another way.",
    action: "checkout",
    final: true,
  },
  expired: {
    tone: "warn",
    title: "This checkout is closed",
    text: "It ended without a payment. Nothing was charged; you can start again.",
    action: "checkout",
    final: true,
  },
  not_found: {
    tone: "bad",
    title: "We do not know this checkout",
    text:
      "It may belong to another account, or the address is not complete. If you have paid, the course appears on " +
      "your dashboard.",
    action: "dashboard",
    final: true,
  },
  unavailable: {
    tone: "warn",
    title: "We cannot see your payment right now",
    text: "If you have paid, nothing is lost: your enrollment follows by itself. You can ask again or look later.",
    action: "retry",
  },
};

/**
 * The state of the page: `{name, tone, title, text, action, final}`; `final` means that asking again changes nothing.
 * `session` is the API's answer; `polls` how often it has been asked before.
 */
export function returnState(session, polls = 0) {
  return state(nameOf(session, polls));
}

/** A state by name, for what is known without an answer: asking, not_found, unavailable. */
export function state(name) {
  return { name, action: null, final: false, ...STATES[name] };
}

function nameOf({ status, paymentStatus, enrolled }, polls) {
  if (enrolled === true) return "enrolled";
  if (status === "expired") return "expired";
  if (status === "open") return "open";
  if (status !== "complete") return "unavailable";
  if (paymentStatus === "unpaid") return "confirming";
  return polls < SETTLING_POLLS ? "settling" : "review";
}
