/** The second factor of whoever is signed in: an authenticator app, registered at Cognito by a key and a first code. */

import { freshSession } from "./app.js";
import { post } from "./auth.js";

const APP = "SOFTWARE_TOKEN_MFA";
const IN_GROUPS = /.{1,4}/g;

/** What can be done with the signed-in student's second factor; all of it throws SignInError. */
export function createSecondFactor() {
  let isVerified = false; // a code counts once: what failed after it goes on without it

  async function ask(operation, body = {}) {
    const { endpoint, accessToken } = await freshSession();
    return post(endpoint, operation, { AccessToken: accessToken, ...body });
  }

  const prefer = (isOn) => ask("SetUserMFAPreference", { SoftwareTokenMfaSettings: { Enabled: isOn, PreferredMfa: isOn } });

  return {
    isOn: async () => ((await ask("GetUser")).UserMFASettingList ?? []).includes(APP),

    /** A new key for the app; what was registered before counts until `confirm`. */
    async begin() {
      isVerified = false;
      return (await ask("AssociateSoftwareToken")).SecretCode;
    },

    /** From the next sign-in on the app is asked for. */
    async confirm(code) {
      if (!isVerified) await ask("VerifySoftwareToken", { UserCode: code });
      isVerified = true;
      await prefer(true);
    },

    switchOff: () => prefer(false),
  };
}

/** A key as somebody can type it: in groups of four. */
export function inGroups(key) {
  return key.match(IN_GROUPS).join(" ");
}

/** The address by which an authenticator app takes a key over. */
export function addressOf(key, school, email) {
  const label = [school, email].map(encodeURIComponent).join(":");
  return `otpauth://totp/${label}?${new URLSearchParams({ secret: key, issuer: school }).toString().replaceAll("+", "%20")}`;
}
