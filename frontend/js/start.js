/** How every page begins: find the API, read its settings, let only signed-in students on, mount the page. */

import { createApi, fetchSettings } from "./api.js";
import { createAuth } from "./auth.js";
import { mountHeader } from "./header.js";
import { canAskAgain } from "./logic/checkout.js";
import { hereOf, signInPage } from "./logic/places.js";
import { withRetry } from "./retry.js";
import { forgetSession, readSession } from "./session.js";
import { showError } from "./ui.js";

/**
 * Mounts a page with `mount(root, app)`; `app` is {settings, auth, api, hasFeature, locale}. Pages are for signed-in
 * students unless `open` says otherwise.
 */
export async function start(mount, { open = false } = {}) {
  const root = document.querySelector("main");
  reloadWhenComingBack();
  if (!open && readSession() === null) {
    location.replace(signInPage(hereOf(location)));
    return;
  }
  try {
    const app = await buildApp({ fresh: open });
    if (!open) mountHeader(app);
    await mount(root, app);
  } catch (error) {
    const reload = canAskAgain(error) ? () => location.reload() : null;
    showError(root.querySelector("[data-slot=page-error]"), error, reload);
    root.classList.toggle("has-failed", !open);
  }
}

/* Signing in is where an old setting would hurt: a user pool client that is gone. */
async function buildApp({ fresh }) {
  const base = await apiBase();
  const settings = await withRetry(() => fetchSettings(base, fresh));
  const auth = createAuth(settings.auth);
  const api = createApi(base, auth, () => {
    forgetSession();
    location.replace(signInPage(hereOf(location), true));
  });
  const hasFeature = (name) => settings.features?.[name] === true;
  return { settings, auth, api, hasFeature, locale: document.documentElement.lang };
}

/* config.json lies beside the pages; without one, the API is on the same origin. */
async function apiBase() {
  const response = await fetch("config.json", { cache: "no-store" }).catch(() => null);
  if (!response?.ok) return "";
  const { apiBase: base = "" } = await response.json();
  return base.replace(/\/$/, "");
}

/* A page that the browser kept from before the payment would show yesterday's truth. */
function reloadWhenComingBack() {
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
