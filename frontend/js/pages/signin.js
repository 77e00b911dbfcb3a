/** index.html: sign in, set a first password when Cognito asks for one, go where the student wanted to be. */

import { signInMessage } from "../logic/messages.js";
import { safeNext } from "../logic/places.js";
import { start } from "../start.js";
import { drawCover, setBusy, showNotice, slot } from "../ui.js";

/** Mounts the sign-in form; somebody who is signed in goes straight on. */
export function mountSignIn(root, { auth }) {
  const query = new URLSearchParams(location.search);
  const goOn = () => location.replace(safeNext(query.get("next")));
  if (auth.isSignedIn()) return goOn();

  const notice = slot(root, "notice");
  const signInForm = slot(root, "signin-form");
  const newPasswordForm = slot(root, "new-password-form");
  let challenge = null;
  if (query.get("ended")) showNotice(notice, { text: "Your session has ended. Please sign in again." });

  async function submit(form, label, action) {
    const control = form.querySelector("[type=submit]");
    if (control.getAttribute("aria-disabled") === "true") return;
    notice.replaceChildren();
    setBusy(control, true, "One moment…");
    try {
      follow(await action());
    } catch (error) {
      showNotice(notice, { tone: "bad", text: signInMessage(error.kind, error.message) });
      form.querySelector("[type=password], [data-password]").focus();
    }
    setBusy(control, false, label);
  }

  /** Null means signed in; the one challenge a student can answer here is a first password. */
  function follow(asked) {
    if (asked === null) return goOn();
    if (asked.challenge !== "NEW_PASSWORD_REQUIRED") {
      return showNotice(notice, { tone: "bad", text: "This account signs in in a way this page does not offer." });
    }
    challenge = asked;
    signInForm.hidden = true;
    newPasswordForm.hidden = false;
    return newPasswordForm.elements["new-password"].focus();
  }

  onSubmit(signInForm, ({ email, password }) =>
    submit(signInForm, "Sign in", () => auth.signIn(email.value.trim(), password.value)));
  onSubmit(newPasswordForm, (fields) =>
    submit(newPasswordForm, "Save and sign in", () => auth.setNewPassword(challenge, fields["new-password"].value)));
  slot(root, "reveal").addEventListener("click", () => reveal(root));
  for (const control of root.querySelectorAll("[type=submit]")) control.disabled = false;
  root.removeAttribute("aria-busy");
  return undefined;
}

function onSubmit(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    action(form.elements);
  });
}

function reveal(root) {
  const field = root.querySelector("#password");
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  const control = slot(root, "reveal");
  control.setAttribute("aria-pressed", String(shown));
  control.textContent = shown ? "Hide" : "Show";
}

drawCover(document.querySelector("[data-slot=art]"), "welcome-7", { columns: 6, rows: 8 });
start(mountSignIn, { open: true });
