/** The rules that the user pool has for passwords, so that they can be shown before it refuses one. */

const RULES = { length: /^.{10,}$/su, lower: /\p{Ll}/u, upper: /\p{Lu}/u, digit: /\d/ };

/** Which rules a password meets: `[{name, met}]`, in the order they are shown. */
export function rulesFor(password) {
  return Object.entries(RULES).map(([name, pattern]) => ({ name, met: pattern.test(password) }));
}

/** Whether a password meets them all. */
export function isGoodPassword(password) {
  return rulesFor(password).every(({ met }) => met);
}

/** What went wrong at the user pool, as the end of a text's key; `message` is only read, never shown. */
export function refusalOf(kind, message = "") {
  const name = Object.hasOwn(KINDS, kind) ? KINDS[kind] : "other";
  return name === "wrong" && /attempts exceeded/i.test(message) ? "often" : name;
}

const KINDS = {
  NotAuthorizedException: "wrong",
  UserNotFoundException: "wrong",
  UserNotConfirmedException: "unconfirmed",
  PasswordResetRequiredException: "reset",
  InvalidPasswordException: "weak",
  UsernameExistsException: "exists",
  CodeMismatchException: "code",
  ExpiredCodeException: "codeExpired",
  InvalidParameterException: "invalid",
  TooManyRequestsException: "often",
  TooManyFailedAttemptsException: "often",
  LimitExceededException: "often",
  NetworkError: "offline",
};
