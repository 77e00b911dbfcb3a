/** Signing in and staying signed in with Cognito. Holds the only call to it; the passwords go nowhere else. */

import { claimsOf, isStale, sessionOf } from "./logic/tokens.js";
import { forgetSession, keepSession, readSession } from "./session.js";

const TARGET = "AWSCognitoIdentityProviderService";

/** Cognito refused or did not answer; `kind` is its exception's name ("NotAuthorizedException") or "NetworkError". */
export class SignInError extends Error {
  constructor(kind, message = "") {
    super(message);
    this.kind = kind;
  }
}

/** Sign-in against one user pool client, as GET /api/config describes it. */
export function createAuth({ endpoint, userPoolClientId }) {
  let refreshing = null;

  const cognito = (operation, body) => post(endpoint, operation, { ClientId: userPoolClientId, ...body });

  /** Keeps the tokens, or answers with what Cognito wants first: {challenge, session, username}. */
  function settle(answer, username) {
    if (answer.AuthenticationResult) {
      keepSession(sessionOf(answer.AuthenticationResult, Date.now()));
      return null;
    }
    return { challenge: answer.ChallengeName, session: answer.Session, username };
  }

  async function refreshOnce() {
    const current = readSession();
    if (!current?.refreshToken) throw new SignInError("NotAuthorizedException");
    const body = { AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: { REFRESH_TOKEN: current.refreshToken } };
    const answer = await cognito("InitiateAuth", body);
    keepSession(sessionOf(answer.AuthenticationResult, Date.now(), current));
  }

  return {
    /** True when somebody signed in in this tab; whether the API agrees is seen at the next call. */
    isSignedIn: () => readSession() !== null,

    /** The claims of the signed-in student, for showing. */
    claims: () => claimsOf(readSession()?.idToken ?? ""),

    /** Null when signed in, else Cognito's challenge. Throws SignInError. */
    async signIn(username, password) {
      const body = { AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: username, PASSWORD: password } };
      return settle(await cognito("InitiateAuth", body), username);
    },

    /** Answers NEW_PASSWORD_REQUIRED. Null when signed in then, else the next challenge. Throws SignInError. */
    async setNewPassword({ session, username }, password) {
      const body = {
        ChallengeName: "NEW_PASSWORD_REQUIRED",
        Session: session,
        ChallengeResponses: { USERNAME: username, NEW_PASSWORD: password },
      };
      return settle(await cognito("RespondToAuthChallenge", body), username);
    },

    /** The ID token for the API, refreshed when it is about to end; null when nobody is signed in. */
    async bearer() {
      const session = readSession();
      if (session && isStale(session, Date.now())) await this.refresh();
      return readSession()?.idToken ?? null;
    },

    /** Gets a new ID token; calls at the same time share one request. Throws SignInError. */
    refresh() {
      refreshing ??= refreshOnce().finally(() => {
        refreshing = null;
      });
      return refreshing;
    },

    signOut: forgetSession,
  };
}

async function post(endpoint, operation, body) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `${TARGET}.${operation}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new SignInError("NetworkError");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new SignInError(kindOf(answer), answer.message ?? answer.Message ?? "");
  return answer;
}

/* "com.amazonaws.x#NotAuthorizedException" and "NotAuthorizedException" are the same. */
function kindOf(answer) {
  return String(answer.__type ?? "Unknown").split("#").pop();
}
