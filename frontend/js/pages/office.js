/** office.html?view=...: the school's own pages, for members of its groups. The API decides what each may do. */

import { dropSession, readSession, renewTokens, start } from "../app.js";
import { deskOf } from "../office/desk.js";
import { claimsOf, isOffice, lacksFactor } from "../logic/common.js";
import { alsoSay, button, el, linkButton, slot, t } from "../ui.js";

const VIEWS = {
  today: () => import("../office/today.js"),
  payments: () => import("../office/payments.js"),
  payment: () => import("../office/payment.js"),
  students: () => import("../office/students.js"),
  courses: () => import("../office/courses.js"),
  course: () => import("../office/course.js"),
  coupons: () => import("../office/coupons.js"),
  figures: () => import("../office/figures.js"),
  records: () => import("../office/records.js"),
};
const ENTRY = { payment: "payments", course: "courses", records: "today" };

/** Shows the view of the address. */
export async function mountOffice(root, app) {
  const query = new URLSearchParams(location.search);
  const name = Object.hasOwn(VIEWS, query.get("view") ?? "") ? query.get("view") : "today";
  const view = slot(root, "view");
  app.settings().catch(() => {}); // early.js has asked for them: an answer that no view takes would stay on its way
  const [{ default: words }, { show }] = await Promise.all([import(`../office/texts/${document.documentElement.lang}.js`), VIEWS[name]()]);
  alsoSay(words);
  document.querySelector(`[data-view="${ENTRY[name] ?? name}"]`)?.setAttribute("aria-current", "page");
  const claims = claimsOf(readSession().idToken);
  if (!isOffice(claims)) return view.replaceChildren(closed(lacksFactor(claims)));
  const desk = deskOf(app.api, claims["cognito:groups"]);
  document.querySelector('[data-view="figures"]').hidden = !desk.may("GET /api/admin/figures");
  await show({ view, app, desk, query });
  document.title = `${view.querySelector("h1")?.textContent} · ${t("office.title")}`;
  return undefined;
}

/* Why these pages are closed to whoever is signed in, and the way on. */
function closed(reason) {
  const [key, way] = {
    missing: ["office.factorMissing", () => linkButton("account.html", t("office.factorSetUp"))],
    unknown: ["office.factorUnknown", () => button(t("action.again"), again)],
  }[reason] ?? ["office.forbidden", () => linkButton("dashboard.html", t("nav.mine"))];
  return el("div", { class: "empty", "data-testid": "office-closed" },
    el("h1", {}, t(key)), el("p", {}, t(`${key}Text`)), el("p", { class: "actions" }, way()));
}

/* New tokens say whether it is so still; where there are none any more, the page asks to sign in. */
async function again() {
  await renewTokens().catch((error) => error.kind === "NetworkError" || dropSession());
  location.reload();
}

start(mountOffice, { members: true });
