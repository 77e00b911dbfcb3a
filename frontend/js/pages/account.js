/** account.html: the student's name, signing out everywhere, and everything that is kept about them as a file. */

import { signOut, start, withRetry } from "../app.js";
import { isBusy, setBusy, showError, showNotice, slot, t } from "../ui.js";

/** Shows the student's record and what can be done with it. */
export async function mountAccount(root, app) {
  const form = slot(root, "name-form");
  const save = slot(root, "save");
  const me = await withRetry(() => app.api.me());
  form.elements.name.value = me.name ?? "";
  slot(root, "email").textContent = me.email ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rename();
  });
  slot(root, "download").addEventListener("click", download);
  const everywhere = slot(root, "everywhere");
  everywhere.addEventListener("click", () => {
    if (isBusy(everywhere)) return;
    setBusy(everywhere, true, t("account.signOutEverywhere"));
    signOut({ everywhere: true });
  });

  async function rename() {
    const notice = slot(root, "name-notice");
    const name = form.elements.name.value.trim();
    if (isBusy(save)) return;
    if (!name) {
      showNotice(notice, { tone: "bad", text: t("account.nameMissing") });
      return;
    }
    setBusy(save, true, t("account.saving"));
    try {
      form.elements.name.value = (await withRetry(() => app.api.rename(name))).name;
      showNotice(notice, { tone: "good", text: t("account.saved") });
    } catch (error) {
      showError(notice, error);
    }
    setBusy(save, false, t("account.save"));
  }

  async function download() {
    const control = slot(root, "download");
    if (isBusy(control)) return;
    setBusy(control, true, t("account.downloading"));
    slot(root, "data-notice").replaceChildren();
    try {
      const [student, enrollments, payments] = await Promise.all([app.api.me(), app.api.enrollments(), app.api.sessions()]);
      offer("my-data.json", JSON.stringify({ student, enrollments, payments }, null, 2));
    } catch (error) {
      showError(slot(root, "data-notice"), error, download);
    }
    setBusy(control, false, t("account.download"));
  }
}

function offer(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

start(mountAccount, { members: true });
