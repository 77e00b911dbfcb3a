/** office.html?view=...: the school's own pages, for members of its groups. The API decides what each may do. */

import { readSession, start } from "../app.js";
import { deskOf } from "../office/desk.js";
import { claimsOf, isOffice } from "../logic/common.js";
import { alsoSay, el, linkButton, slot, t } from "../ui.js";

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
  const [{ default: words }, { show }] = await Promise.all([import(`../office/texts/${document.documentElement.lang}.js`), VIEWS[name]()]);
  alsoSay(words);
  document.querySelector(`[data-view="${ENTRY[name] ?? name}"]`)?.setAttribute("aria-current", "page");
  const claims = claimsOf(readSession().idToken);
  if (!isOffice(claims)) {
    return view.replaceChildren(el("div", { class: "empty" },
      el("h1", {}, t("office.forbidden")), el("p", {}, t("office.forbiddenText")),
      el("p", { class: "actions" }, linkButton("dashboard.html", t("nav.mine")))));
  }
  const desk = deskOf(app.api, claims["cognito:groups"]);
  document.querySelector('[data-view="figures"]').hidden = !desk.may("GET /api/admin/figures");
  await show({ view, app, desk, query });
  document.title = `${view.querySelector("h1")?.textContent} · ${t("office.title")}`;
  return undefined;
}

start(mountOffice, { members: true });
