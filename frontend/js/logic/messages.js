/** Sentences for a person, chosen by what the API, Cognito or a payment session says. */

const BY_STATUS = {
  0: "We could not reach the school. Check your connection and try again.",
  401: "Your session has ended. Please sign in again.",
  403: "You are not allowed to do this.",
  404: "We could not find that.",
  409: "That is not possible right now.",
  429: "That was a little too often. Please wait a moment and try again.",
  503: "We are having trouble right now. Nothing was lost; please try again in a moment.",
  504: "The answer took too long. Please try again.",
};
const UNKNOWN = "Something went wrong on our side. Please try again.";

/** What to show for an answer of the API: its own sentence, else ours for the status. */
export function apiMessage(status, sentence) {
  if (typeof sentence === "string" && sentence.trim()) return sentence;
  return BY_STATUS[status] ?? UNKNOWN;
}

const WRONG_LOGIN = "That e-mail and password do not match. Please check both and try again.";
const SIGN_IN = {
  NotAuthorizedException: WRONG_LOGIN,
  UserNotFoundException: WRONG_LOGIN,
  UserNotConfirmedException: "This account is not confirmed yet. Open the link in the e-mail we sent you.",
  PasswordResetRequiredException: "This account needs a new password before it can sign in.",
  TooManyRequestsException: "Too many tries. Please wait a few minutes and try again.",
  LimitExceededException: "Too many tries. Please wait a few minutes and try again.",
  CodeMismatchException: "That took too long. Please sign in again.",
  NetworkError: "We could not reach the sign-in service. Check your connection and try again.",
};

/** What to show when signing in failed; Cognito's own words only where they explain its password rules. */
export function signInMessage(kind, cognitoMessage = "") {
  if (kind === "InvalidPasswordException" && cognitoMessage) return cognitoMessage;
  if (kind === "NotAuthorizedException" && /attempts exceeded/i.test(cognitoMessage)) {
    return SIGN_IN.TooManyRequestsException;
  }
  return SIGN_IN[kind] ?? "We could not sign you in. Please try again.";
}

const COUPON = {
  coupon_not_found: "We do not know this code.",
  coupon_inactive: "This code is no longer active.",
  coupon_not_yet_valid: "This code is not valid yet.",
  coupon_expired: "This code has expired.",
  coupon_exhausted: "This code has been used up.",
  coupon_already_used: "You have used this code already.",
  coupon_not_applicable: "This code is not for this course.",
  minimum_amount_not_reached: "This course costs less than the code asks for.",
  amount_too_small: "With this code the price would be too small to be paid by card.",
};
const REFUSED = "This code cannot be used here.";

/** Why a coupon was refused: `reason` is one of the API's codes; for one we do not know, its own sentence is shown. */
export function couponMessage(reason, sentence) {
  return Object.hasOwn(COUPON, reason ?? "") ? COUPON[reason] : sentence || REFUSED;
}

/** True for what can be a coupon code at all: 3 to 40 of A-Z, 0-9, "_" and "-", in any case. */
export function isCouponCode(text) {
  return /^[A-Z0-9_-]{3,40}$/i.test(text.trim());
}
