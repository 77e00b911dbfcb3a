/** The signed-in session as this page keeps it: Cognito's tokens, who they name, and when they end. */

const EARLY = 60_000;

/**
 * What to keep of Cognito's AuthenticationResult. `expiresAt` is by this machine's clock, so a wrong clock does no
 * harm; a refresh brings no refresh token, then the one of `previous` stays.
 */
export function sessionOf(result, now, previous = null) {
  return {
    idToken: result.IdToken,
    refreshToken: result.RefreshToken ?? previous?.refreshToken ?? null,
    expiresAt: now + (result.ExpiresIn ?? 3600) * 1000,
  };
}

/** True when the ID token ends within a minute, so that a call does not start with one that ends on the way. */
export function isStale(session, now) {
  return session.expiresAt - now < EARLY;
}

/** The claims of a JWT, unchecked: for showing a name, never for deciding what is allowed. {} when unreadable. */
export function claimsOf(jwt) {
  try {
    const payload = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

/** What to call the student: the name, else the part of the e-mail address before the @. */
export function nameOf(claims) {
  const full = [claims.given_name, claims.family_name].filter(Boolean).join(" ");
  return claims.name || full || String(claims.email ?? "").split("@")[0] || "Student";
}
