/** The signed-in session's place: this tab's sessionStorage, gone when the tab is closed. */

const KEY = "learnermax.session";

/** What was kept, or null; unreadable content counts as nothing. */
export function readSession() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** Keeps the session for this tab. */
export function keepSession(session) {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

/** Forgets who was signed in, and all else that this tab kept for them. */
export function forgetSession() {
  sessionStorage.clear();
}
