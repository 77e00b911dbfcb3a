/** Discount codes: what there is, switching them on and off, and new ones. */

import { withRetry } from "../app.js";
import { minorOf } from "../logic/office.js";
import { announce, badge, el, isBusy, moment, money, percent, setBusy, showError, showNotice, t } from "../ui.js";
import { field, head, input, nothing, order, panel, select, table, tickBox } from "./parts.js";

/** Lists the codes and shows the form for a new one. */
export async function show({ view, app, desk }) {
  const [{ currency }, { courses }] = await withRetry(() => Promise.all([app.settings(), app.api.courses()]));
  let coupons = await withRetry(() => desk.coupons());
  const changes = desk.may("PATCH /api/admin/coupons/{code}");
  const list = el("div", {});
  const said = el("div", {});
  view.replaceChildren(head(t("office.coupons"), t("office.couponsLead")), said, list,
    ...(desk.may("POST /api/admin/coupons") ? [panel(t("office.newCoupon"), create())] : []));
  draw();

  function draw() {
    list.replaceChildren(coupons.length === 0 ? nothing(t("office.noCoupons"), t("office.noCouponsText")) : el("section", { class: "panel office-flush" },
      table(t("office.coupons"),
        [[t("office.code")], [t("office.discount")], [t("office.uses"), "num"], [t("office.until")], [t("office.state")], ...(changes ? [[t("office.change")]] : [])],
        coupons.map((coupon) => [
          el("span", {}, el("b", { class: "code" }, coupon.code), coupon.name && el("br"), coupon.name && el("span", { class: "small" }, coupon.name)),
          coupon.discountType === "percentage" ? percent(coupon.discountValue) : money(Number(coupon.discountValue), coupon.currency),
          coupon.maxUses ? `${coupon.currentUses} / ${coupon.maxUses}` : t("office.noLimit"),
          coupon.validUntil ? moment(coupon.validUntil) : t("office.noEnd"),
          el("span", { class: "office-state" }, coupon.isActive ? badge("good", "check", t("office.active"), { tabindex: null }) : badge("plain", "info", t("office.inactive"), { tabindex: null }),
            coupon.listed && el("span", { class: "small" }, t("office.listed"))),
          ...(changes ? [el("span", { class: "actions" },
            toggle(coupon, "isActive", coupon.isActive ? "office.switchOff" : "office.switchOn"),
            toggle(coupon, "listed", coupon.listed ? "office.unlist" : "office.list"))] : []),
        ]))));
  }

  function toggle(coupon, name, key) {
    const control = el("button", { type: "button", class: "button-link", "aria-label": `${t(key)}: ${coupon.code}`, "data-testid": `${name}-${coupon.code}` }, t(key));
    control.addEventListener("click", async () => {
      if (isBusy(control)) return;
      setBusy(control, true, t(key));
      try {
        replace(await withRetry(() => desk.change(coupon.code, { [name]: !coupon[name] })));
        announce(t("office.couponChanged", { code: coupon.code }));
        list.querySelector(`[data-testid="${name}-${coupon.code}"]`).focus();
      } catch (error) {
        setBusy(control, false, t(key));
        showError(said, error);
      }
    });
    return control;
  }

  function replace(changed) {
    coupons = coupons.map((coupon) => (coupon.code === changed.code ? changed : coupon));
    draw();
  }

  function create() {
    return order({
      label: t("office.create"),
      busy: t("office.sending"),
      testid: "create-coupon",
      fields: [
        el("div", { class: "office-grid" },
          field(t("office.code"), input("code", { required: true, minlength: "3", maxlength: "40", pattern: "[A-Za-z0-9_\\-]+", class: "input input-code" }), t("office.codeHint")),
          field(t("office.internalName"), input("coupon-name", { maxlength: "200" })),
          field(t("office.kind"), select("kind", [["percentage", t("office.percentage")], ["fixed", t("office.fixed", { currency: currency.toUpperCase() })]])),
          field(t("office.value"), input("value", { required: true, inputmode: "decimal" })),
          field(t("office.maxUses"), input("uses", { type: "number", min: "1", step: "1" }), t("office.maxUsesHint")),
          field(t("office.until"), input("until", { type: "date" }), t("office.untilHint")),
          field(t("office.onlyCourse"), select("only", [["", t("office.everyCourse")], ...courses.filter(({ pricingModel }) => pricingModel !== "free").map(({ courseId, name }) => [courseId, name])]))),
        tickBox("listed", t("office.listIt")),
      ],
      send: async (form, message) => {
        const value = (name) => form.elements[name].value.trim();
        const fixed = value("kind") === "fixed";
        const discount = fixed ? minorOf(value("value"), currency) : Number(value("value").replace(",", "."));
        if (!(discount > 0) || (!fixed && discount > 100)) {
          showNotice(message, { tone: "bad", text: t("office.valueWrong") });
          form.elements.value.focus();
          return;
        }
        const made = await desk.issue({
          code: value("code").toUpperCase(),
          name: value("coupon-name"),
          discountType: value("kind"),
          discountValue: discount,
          listed: form.elements.listed.checked,
          ...(value("uses") && { maxUses: Number(value("uses")) }),
          ...(value("until") && { validUntil: `${value("until")}T23:59:59Z` }),
          ...(value("only") && { applicableCourses: [value("only")] }),
        });
        coupons = [...coupons, made].sort((one, other) => one.code.localeCompare(other.code));
        draw();
        form.reset();
        showNotice(said, { tone: "good", text: t("office.couponMade", { code: made.code }) });
        announce(t("office.couponMade", { code: made.code }));
      },
    });
  }
}
