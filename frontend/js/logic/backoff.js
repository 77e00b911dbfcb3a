/** When to ask again: how long to wait after the nth failure, and when to stop and leave it to the person. */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;
const PASSING = new Set([0, 503, 504]);

/** True when the same call may succeed a little later: no network, or a service that is down for the moment. */
export function isPassing(error) {
  return PASSING.has(error?.status);
}

/**
 * Milliseconds until attempt number `attempt` + 1, or null when there should be none.
 * Doubles from one second, with the upper half left to chance so that many browsers do not return at once; never
 * sooner than the server asked (`retryAfter`, seconds), and null when it asked for longer than a person will watch.
 */
export function nextWait({ attempt, attempts, retryAfter = null, random = Math.random }) {
  if (attempt >= attempts) return null;
  const asked = retryAfter === null ? 0 : retryAfter * 1000;
  if (asked > LONGEST_WAIT) return null;
  const own = Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT);
  return Math.round(asked + own * (0.5 + random() / 2));
}

/** Milliseconds before poll number `poll` (from 1), or null when the page should stop asking. */
export function nextPoll(poll, polls = 14) {
  if (poll > polls) return null;
  return Math.min(Math.round(800 * 1.5 ** (poll - 1)), 8000);
}

/** Retry-After in seconds, from a number or an HTTP date; null when absent or unreadable. */
export function retryAfterSeconds(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - now) / 1000));
}
