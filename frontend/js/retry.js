/** Asking again, with patience and an end. */

import { isPassing, nextWait } from "./logic/backoff.js";

/** Resolves after so many milliseconds. */
export function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/**
 * What `action` answers, asked up to `attempts` times while it fails in a passing way. `onWait` is told before each
 * further attempt. Throws the last error.
 */
export async function withRetry(action, { attempts = 3, onWait = () => {} } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      const wait = isPassing(error) ? nextWait({ attempt, attempts, retryAfter: error.retryAfter }) : null;
      if (wait === null) throw error;
      onWait(wait);
      await pause(wait);
    }
  }
}
