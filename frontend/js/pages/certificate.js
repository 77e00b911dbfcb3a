/** certificate.html?number=...: what a certificate says, for anybody; ?course=... is the student's own, issued at the first visit. */

import { readSession, start, withRetry } from "../app.js";
import { certificatePage, coursePage, hereOf, learnPage, signInPage } from "../logic/common.js";
import { announce, button, day, el, icon, linkButton, slot, t } from "../ui.js";

/** Shows the certificate of the address, or a field for a number where there is none. */
export async function mountCertificate(root, app) {
  const query = new URLSearchParams(location.search);
  const courseId = query.get("course");
  const page = slot(root, "certificate");
  if (courseId && !readSession()) return location.replace(signInPage(hereOf(location)));
  const number = query.get("number")?.trim().toUpperCase() ?? "";
  if (!courseId && !number) return page.replaceChildren(check(""));
  try {
    const found = await withRetry(() => (courseId ? app.api.certify(courseId) : app.api.certificate(number)));
    history.replaceState(null, "", certificatePage(found.number));
    document.title = `${found.courseName} · ${t("certificate.title")}`;
    page.replaceChildren(paper(found, app.school), ways());
  } catch (error) {
    if (error.status === 404 && number) page.replaceChildren(instead(t("certificate.none"), t("certificate.noneText")), check(number));
    else if (error.code === "course_not_completed") page.replaceChildren(instead(t("certificate.early"), t("certificate.earlyText"), linkButton(learnPage(courseId), t("course.goOn"))));
    else if (error.code === "name_missing") page.replaceChildren(instead(t("certificate.nameless"), t("error.name_missing"), linkButton("account.html", t("certificate.toName"))));
    else if (error.code === "enrollment_not_found") page.replaceChildren(instead(t("learn.notEnrolled"), t("certificate.notEnrolledText"), linkButton(coursePage(courseId), t("course.see"))));
    else throw error;
  }
  return undefined;
}

function paper(found, { name = "LearnerMax" }) {
  return el("article", { class: "panel certificate", "data-testid": "certificate" },
    el("p", { class: "tag" }, name),
    el("h1", {}, t("certificate.lead")),
    el("p", {}, t("certificate.for")),
    el("p", { class: "certificate-name" }, found.studentName || t("certificate.student")),
    el("p", {}, t("certificate.has")),
    el("p", { class: "certificate-name" }, found.courseName),
    el("dl", { class: "lines" },
      el("div", {}, el("dt", {}, t("certificate.on")), el("dd", {}, day(found.completedAt))),
      el("div", {}, el("dt", {}, t("certificate.number")), el("dd", { class: "code", "data-testid": "certificate-number" }, found.number))),
    el("p", { class: "certificate-seal" }, icon("check"), t("certificate.valid", { school: name })));
}

function ways() {
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    announce(t("certificate.copied"));
    control.textContent = t("certificate.copied");
  };
  const control = button(t("certificate.copy"), copy);
  return el("div", { class: "stack" },
    el("p", { class: "note" }, t("certificate.share")),
    el("p", { class: "actions certificate-ways" }, button(t("certificate.print"), () => print(), { class: "button" }), navigator.clipboard && control));
}

function instead(title, text, action = null) {
  return el("div", { class: "empty", role: "status" }, el("h1", {}, title), el("p", {}, text),
    action && el("p", { class: "actions" }, action));
}

function check(number) {
  return el("form", { class: "panel stack", action: "certificate.html" },
    number ? el("h2", { class: "panel-title" }, t("certificate.check")) : el("h1", {}, t("certificate.check")),
    el("div", { class: "field" },
      el("label", { for: "number" }, t("certificate.number")),
      el("div", { class: "input-row" },
        el("input", { class: "input input-code", id: "number", name: "number", value: number, required: true, maxlength: "40", autocomplete: "off", spellcheck: "false", "aria-describedby": "number-hint" }),
        el("button", { class: "button", type: "submit" }, t("certificate.checkButton"))),
      el("p", { class: "field-hint", id: "number-hint" }, t("certificate.checkHint"))));
}

start(mountCertificate);
