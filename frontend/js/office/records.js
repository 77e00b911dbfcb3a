/** Who did what: the record of everything that the school changed, by month. */

import { withRetry } from "../app.js";
import { dayIn, monthsIn } from "../logic/office.js";
import { button, day, el, isBusy, setBusy, showError, t } from "../ui.js";
import { crumb, csvButton, field, head, input, nothing, officePage, order, recordsPanel, zoneOf } from "./parts.js";

/** Shows the records of the month in the address, the present one of the school unless it says another. */
export async function show({ view, app, desk, query }) {
  const { zone, zoneName } = zoneOf(await app.settings());
  const now = new Date().toISOString();
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(query.get("month") ?? "") ? query.get("month") : dayIn(zone, now).slice(0, 7);
  const toRead = monthsIn(zone, month, now);
  const box = el("div", {});
  const errors = el("div", {});
  const more = button(t("office.older"), load);
  let records = [];
  let next = null;
  view.replaceChildren(
    el("div", {}, crumb("today", t("office.today")), head(t("office.records"), t("office.recordsLead", { zone: zoneName }))),
    period(),
    box, errors, el("p", { class: "actions" }, more));
  await load();

  async function load() {
    if (isBusy(more)) return;
    setBusy(more, true, t("office.older"));
    errors.replaceChildren();
    try {
      for (let found = 0; found === 0 && toRead.length > 0;) {
        const page = await withRetry(() => desk.records(toRead[0], next));
        const ofMonth = page.records.filter(({ at }) => dayIn(zone, at).slice(0, 7) === month);
        const isPast = page.records.some(({ at }) => dayIn(zone, at).slice(0, 7) < month);
        records = [...records, ...ofMonth];
        found = ofMonth.length;
        next = isPast ? null : page.next;
        if (next === null) toRead.shift();
      }
      box.replaceChildren(recordsPanel(records, app.student.id, { subjects: true, title: day(`${month}-01`, { month: "long", year: "numeric" }), action: file() }) ?? nothing(t("office.noRecords"), t("office.noRecordsText")));
    } catch (error) {
      showError(errors, error, load);
    }
    setBusy(more, false, t("office.older"));
    more.hidden = toRead.length === 0;
  }

  function file() {
    return csvButton(`records-${month}`, ["at", "by", "role", "action", "user_id", "course_id", "coupon", "reason"],
      records.map((one) => [one.at, one.by, one.role, one.action, one.userId, one.courseId, one.couponCode, one.reason]));
  }

  /* Another month is a new address, which can be kept and sent. */
  function period() {
    return order({
      label: t("office.show"),
      busy: t("office.finding"),
      testid: "records-month",
      line: true,
      quiet: true,
      fields: field(t("office.month"), input("month", { type: "month", required: true, value: month })),
      send: (form) => location.assign(officePage("records", { month: form.elements.month.value })),
    });
  }
}
