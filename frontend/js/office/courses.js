/** Courses: what is offered, and the way to who is in each. */

import { withRetry } from "../app.js";
import { minorOf } from "../logic/office.js";
import { badge, coursePrice, el, showNotice, t } from "../ui.js";
import { field, head, input, nothing, officePage, order, panel, select, table } from "./parts.js";
import { salesPanel } from "./sales.js";

/** Lists the courses of the catalogue. */
export async function show({ view, app, desk }) {
  const { courses } = await withRetry(() => app.api.courses());
  view.replaceChildren(
    head(t("office.courses"), t("office.coursesLead")),
    courses.length === 0 ? nothing(t("office.noCourses"), "") : el("section", { class: "panel office-flush" }, table(t("office.courses"),
      [[t("office.course")], [t("office.teacher")], [t("office.state")], [t("office.price"), "num"]],
      courses.map((course) => [
        el("a", { href: officePage("course", { id: course.courseId }), "data-testid": `course-${course.courseId}` }, course.name),
        course.instructor ?? "",
        course.comingSoon ? badge("accent", "clock", t("course.soon"), { tabindex: null })
          : course.salesClosed ? badge("plain", "clock", t("course.closed"), { tabindex: null }) : badge("good", "check", t("office.open"), { tabindex: null }),
        coursePrice(course),
      ]))));
  if (!desk.may("POST /api/admin/courses")) return;
  const { currency } = await app.settings();
  view.append(panel(t("office.newCourse"), el("p", { class: "note" }, t("office.newCourseText")), order({
    label: t("office.createCourse"),
    busy: t("office.sending"),
    testid: "create-course",
    fields: [
      el("div", { class: "office-grid" },
        field(t("office.courseId"), input("courseId", { required: true, maxlength: "64", pattern: "[A-Za-z0-9_\\-]+", spellcheck: "false" }), t("office.courseIdHint")),
        field(t("office.name"), input("course-name", { required: true, maxlength: "200" })),
        field(t("office.teacher"), input("instructor", { maxlength: "200" })),
        field(t("office.kind"), select("model", [["paid", t("office.paidCourse")], ["free", t("course.free")], ["invitation", t("office.invitationCourse")]])),
        field(t("office.priceIn", { currency: currency.toUpperCase() }), input("price", { inputmode: "decimal" }), t("office.priceHint"))),
      field(t("office.courseText"), el("textarea", { class: "input", name: "description", rows: "3", maxlength: "5000" })),
      field(t("office.reasonField"), input("reason", { required: true, maxlength: "500" }), t("office.reasonHint")),
    ],
    send: async (form, message) => {
      const value = (name) => form.elements[name].value.trim();
      const paid = value("model") === "paid" || (value("model") === "invitation" && value("price") !== "");
      const price = paid ? minorOf(value("price"), currency) : null;
      if (paid && price === null) {
        showNotice(message, { tone: "bad", text: t("office.priceWrong") });
        form.elements.price.focus();
        return;
      }
      const made = await desk.createCourse({
        courseId: value("courseId"), name: value("course-name"), instructor: value("instructor"), description: value("description"),
        pricingModel: value("model"), reason: value("reason"), ...(paid && { price, currency }),
      });
      location.assign(officePage("course", { id: made.courseId }));
    },
  })));
  view.append(await wholeSchool(desk));
}

/* For the bad day: nobody new enrolls anywhere until somebody says so. */
async function wholeSchool(desk) {
  const { closed } = await withRetry(() => desk.schoolSales());
  return salesPanel({
    title: t("office.wholeSchool"),
    closed,
    open: t("office.schoolIsOpen"),
    shut: t("office.schoolIsClosed"),
    testid: "school-sales",
    async sell(close, reason) {
      await withRetry(() => desk.sellAll(close, reason));
      return t(close ? "office.schoolClosed" : "office.schoolReopened");
    },
  });
}
