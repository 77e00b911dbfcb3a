/** The calls to Cognito: signing up and in, codes, passwords, ending a session or an account. Passwords go nowhere else. */

const TARGET = "AWSCognitoIdentityProviderService";
const LONGEST_GOODBYE = 3_000;

/** Cognito refused or did not answer; `kind` is its exception's name ("NotAuthorizedException") or "NetworkError". */
export class SignInError extends Error {
  constructor(kind, message = "") {
    super(message);
    this.kind = kind;
  }
}

/**
 * The ways in, for one user pool client as GET /api/config describes it. What signs somebody in answers
 * {result} (Cognito's AuthenticationResult), or {challenge, session, username} when Cognito wants something first.
 * All of them throw SignInError.
 */
export function createAuth({ endpoint, userPoolClientId: ClientId }) {
  const ask = (operation, body) => post(endpoint, operation, { ClientId, ...body });

  const settled = (answer, username) =>
    answer.AuthenticationResult
      ? { result: answer.AuthenticationResult }
      : { challenge: answer.ChallengeName, session: answer.Session, username };

  return {
    /** Where a session of this client is renewed and ended. */
    place: { endpoint, clientId: ClientId },

    async signIn(username, password) {
      const AuthParameters = { USERNAME: username, PASSWORD: password };
      return settled(await ask("InitiateAuth", { AuthFlow: "USER_PASSWORD_AUTH", AuthParameters }), username);
    },

    /** Answers NEW_PASSWORD_REQUIRED. */
    async setFirstPassword({ session, username }, password) {
      const ChallengeResponses = { USERNAME: username, NEW_PASSWORD: password };
      const body = { ChallengeName: "NEW_PASSWORD_REQUIRED", Session: session, ChallengeResponses };
      return settled(await ask("RespondToAuthChallenge", body), username);
    },

    /** Answers SOFTWARE_TOKEN_MFA, with the code that an authenticator app shows. */
    async answerFactor({ session, username }, code) {
      const ChallengeResponses = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code };
      const body = { ChallengeName: "SOFTWARE_TOKEN_MFA", Session: session, ChallengeResponses };
      return settled(await ask("RespondToAuthChallenge", body), username);
    },

    /** Makes an account; Cognito sends a code to the address. */
    signUp: (name, username, password) =>
      ask("SignUp", {
        Username: username,
        Password: password,
        UserAttributes: [{ Name: "email", Value: username }, { Name: "name", Value: name }],
      }),

    confirm: (username, code) => ask("ConfirmSignUp", { Username: username, ConfirmationCode: code }),
    sendCodeAgain: (username) => ask("ResendConfirmationCode", { Username: username }),
    forgot: (username) => ask("ForgotPassword", { Username: username }),
    reset: (username, code, password) =>
      ask("ConfirmForgotPassword", { Username: username, ConfirmationCode: code, Password: password }),
  };
}

/** A new AuthenticationResult for a session. Throws SignInError. */
export async function renewed({ endpoint, clientId, refreshToken }) {
  if (!refreshToken) throw new SignInError("NotAuthorizedException");
  const AuthParameters = { REFRESH_TOKEN: refreshToken };
  const answer = await post(endpoint, "InitiateAuth", { ClientId: clientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters });
  return answer.AuthenticationResult;
}

/**
 * Ends a session at the user pool: its refresh token, or those of all devices. Never in the way of leaving: where the
 * pool does not answer, the session ends here alone.
 */
export async function endSession({ endpoint, clientId, refreshToken, accessToken }, everywhere) {
  const goodbye = everywhere
    ? ["GlobalSignOut", { AccessToken: accessToken }]
    : ["RevokeToken", { ClientId: clientId, Token: refreshToken }];
  try {
    await post(endpoint, ...goodbye, LONGEST_GOODBYE);
  } catch (error) {
    if (!(error instanceof SignInError)) throw error;
  }
}

/** Deletes the account that a session is of at the user pool; whether the pool did so. */
export async function deleteSignIn({ endpoint, accessToken }) {
  try {
    await post(endpoint, "DeleteUser", { AccessToken: accessToken });
    return true;
  } catch (error) {
    if (!(error instanceof SignInError)) throw error;
    return false;
  }
}

/** What Cognito answers to an operation. Throws SignInError. */
export async function post(endpoint, operation, body, patience = 20_000) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `${TARGET}.${operation}` },
      body: JSON.stringify(body),
      keepalive: true,
      signal: AbortSignal.timeout(patience),
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
