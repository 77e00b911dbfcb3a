/** index.html: every course, for everybody; who is signed in sees what is theirs. */

import { readSession, start, withRetry } from "../app.js";
import { ALL_COURSES, checkoutPage, coursePage, initialsOf, isFree, learnPage } from "../logic/common.js";
import { byCourse, coverOf, isFor, matches, pictureOf, standingOf } from "../logic/courses.js";
import { announce, badge, button, cover, coursePrice, el, icon, isBusy, linkButton, moment, money, setBusy, showError, slot, t } from "../ui.js";

const FILTERS = {
  all: () => true,
  free: (course) => isFree(course) && !course.comingSoon,
  paid: (course) => !isFree(course) && !course.comingSoon,
  soon: (course) => course.comingSoon === true,
};

/** Loads the courses and keeps the grid, its filters and its search; then adds what is the student's own. */
export async function mountStorefront(root, app) {
  const grid = slot(root, "grid");
  const skeletons = [...grid.children];
  const query = new URLSearchParams(location.search);
  let courses = [];
  let next = null;
  let show = Object.hasOwn(FILTERS, query.get("show") ?? "") ? query.get("show") : "all";
  let searched = query.get("q") ?? "";
  let mine = null;

  showPromise(root, app.school);
  const search = slot(root, "search");
  search.elements.q.value = searched;
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    choose({ q: search.elements.q.value.trim() });
  });
  search.elements.q.addEventListener("input", () => choose({ q: search.elements.q.value.trim() }));
  slot(root, "more").addEventListener("click", loadMore);
  await load();

  async function load() {
    slot(root, "page-error").replaceChildren();
    grid.replaceChildren(...skeletons);
    grid.setAttribute("aria-busy", "true");
    try {
      const page = await withRetry(() => app.api.courses(), { onWait: () => announce(t("state.slow")) });
      courses = page.courses;
      next = page.next;
      render();
    } catch (error) {
      grid.replaceChildren();
      showError(slot(root, "page-error"), error, load);
    }
    grid.removeAttribute("aria-busy");
    await Promise.all([loadMine(), loadCoupons()]);
  }

  /* What is the student's is added to cards that stand already: a visitor and a student wait equally little. */
  async function loadMine() {
    if (!readSession() || courses.length === 0) return;
    try {
      const [enrollments, sessions] = await Promise.all([app.api.enrollments(), app.api.sessions()]);
      mine = { enrollments: byCourse(enrollments), sessions };
      render();
    } catch (error) {
      showError(slot(root, "page-error"), error, loadMine);
    }
  }

  async function loadCoupons() {
    const coupons = await app.api.listedCoupons().catch(() => []);
    const useful = coupons.filter((coupon) => courses.some((course) => isFor(coupon, course)));
    slot(root, "coupons").hidden = useful.length === 0;
    slot(root, "coupon-list").replaceChildren(...useful.map((coupon) => couponLine(coupon, courses)));
  }

  async function loadMore() {
    const more = slot(root, "more");
    if (isBusy(more)) return;
    setBusy(more, true, t("store.moreBusy"));
    slot(root, "page-error").replaceChildren();
    try {
      const page = await withRetry(() => app.api.courses(next));
      courses = [...courses, ...page.courses];
      next = page.next;
      render();
    } catch (error) {
      showError(slot(root, "page-error"), error);
    }
    setBusy(more, false, t("store.more"));
  }

  /* The choice is in the address, so that it survives a reload and can be sent to somebody. */
  function choose(change) {
    if (change.show !== undefined) show = change.show;
    if (change.q !== undefined) searched = change.q;
    const kept = new URLSearchParams({ ...(show !== "all" && { show }), ...(searched && { q: searched }) }).toString();
    history.replaceState(null, "", (kept ? `?${kept}` : ALL_COURSES) + location.hash);
    render();
    announce(t("store.found", { count: grid.children.length }));
  }

  function render() {
    const found = courses.filter((course) => FILTERS[show](course) && (!searched || matches(course, searched)));
    slot(root, "filters").replaceChildren(...filterChips());
    grid.replaceChildren(...found.map((course) => card(course, mine, app)));
    slot(root, "more").hidden = next === null;
    const empty = slot(root, "empty");
    empty.hidden = found.length > 0;
    if (found.length === 0) empty.replaceChildren(...nothing());
  }

  function filterChips() {
    if (courses.length === 0) return [];
    const counts = Object.entries(FILTERS).map(([name, wanted]) => [name, courses.filter(wanted).length]);
    return counts
      .filter(([name, count]) => name === "all" || (count > 0 && count < courses.length) || name === show)
      .map(([name, count]) => {
        const onclick = () => {
          choose({ show: name });
          slot(root, "filters").querySelector("[aria-current]").focus();
        };
        const current = name === show ? "true" : null;
        return el("button", { type: "button", class: "chip", "aria-current": current, onclick }, t(`store.filter.${name}`), " ",
          el("span", { class: "count" }, String(count)));
      });
  }

  function nothing() {
    if (courses.length === 0) return [el("h3", {}, t("store.empty")), el("p", {}, t("store.emptyText"))];
    const heading = searched ? t("store.none", { query: searched }) : t("store.noneFilter");
    const all = button(t("store.showAll"), () => {
      search.elements.q.value = "";
      choose({ show: "all", q: "" });
    });
    return [el("h3", {}, heading), el("p", {}, t("store.noneText")), el("p", { class: "actions" }, all)];
  }
}

function card(course, mine, { school }) {
  const id = course.courseId;
  const standing = standingOf(course, mine?.enrollments.get(id), mine?.sessions);
  const lessons = Number.isInteger(course.totalLessons) && course.totalLessons > 0 ? course.totalLessons : null;
  const facts = [lessons && t("course.lessons", { count: lessons }), course.estimatedDuration].filter(Boolean).join(" · ");
  return el("li", { class: "course-card", "data-testid": `course-card-${id}`, "data-kind": standing.kind },
    cover(coverOf(course), pictureOf(course, school.imageOrigins)),
    el("div", { class: "card-body" },
      el("h3", {}, el("a", { href: wayTo(id, standing.kind) }, course.name)),
      el("p", { class: "card-text" }, course.description),
      (course.instructor || facts) && el("div", { class: "card-by" },
        course.instructor && el("span", { class: "avatar", "aria-hidden": "true" }, initialsOf(course.instructor)),
        el("p", {}, course.instructor, course.instructor && facts && el("br"), el("span", { class: "small" }, facts))),
      el("div", { class: "card-foot" }, foot(course, standing))));
}

/* Where the words at the foot of the card say that one goes. */
function wayTo(id, kind) {
  return { enrolled: learnPage, pending: checkoutPage }[kind]?.(id) ?? coursePage(id);
}

function foot(course, { kind, progress }) {
  const id = course.courseId;
  const go = (key) => el("span", { class: "go", "aria-hidden": "true" }, t(key), icon("go"));
  const mark = (tone, name, key) => badge(tone, name, t(key), { "data-testid": `standing-${id}`, tabindex: null });
  switch (kind) {
    case "enrolled":
      return [
        badge("enrolled", "check", t("course.enrolled"), { "data-testid": `enrolled-badge-${id}`, tabindex: null }),
        go(progress === 100 ? "course.again" : progress ? "course.goOn" : "course.start"),
      ];
    case "processing":
      return [mark("warn", "bank", "standing.processing"), go("course.see")];
    case "review":
      return [mark("warn", "clock", "standing.review"), go("course.see")];
    case "pending":
      return [priceTag(course), el("span", { class: "go", "data-testid": `standing-${id}` }, t("standing.pending"), icon("go"))];
    case "soon":
      return [badge("accent", "clock", t("course.soon"), { "data-testid": `price-${id}`, tabindex: null }), go("store.tellMe")];
    case "closed":
      return [badge("plain", "clock", t("course.closed"), { "data-testid": `price-${id}`, tabindex: null }), go("course.see")];
    default:
      return [priceTag(course), go(kind === "free" ? "store.startFree" : "course.see")];
  }
}

function priceTag(course) {
  const invited = course.pricingModel === "invitation" && el("span", { class: "small" }, ` · ${t("course.byInvitation")}`);
  const full = course.seatsLeft === 0 && el("span", { class: "small" }, ` · ${t("seats.full")}`);
  return el("p", { class: "price", "data-testid": `price-${course.courseId}` }, coursePrice(course), invited, full);
}

function couponLine(coupon, courses) {
  const off = coupon.discountType === "percentage"
    ? t("store.coupon.percent", { percent: coupon.discountValue })
    : t("store.coupon.fixed", { amount: money(coupon.discountValue, coupon.currency) });
  const only = courses.filter((course) => isFor(coupon, course));
  const all = (coupon.applicableCourses ?? []).length === 0;
  const where = all ? t("store.coupon.all") : only.length === 1 ? t("store.coupon.one", { name: only[0].name }) : t("store.coupon.some", { count: only.length });
  const until = coupon.validUntil && t("store.coupon.until", { day: moment(coupon.validUntil) });
  return el("li", {},
    el("b", {}, `${off} ${where}`),
    el("span", { class: "code" }, coupon.code),
    until && el("span", { class: "note" }, until),
    only.length === 1 && linkButton(coursePage(only[0].courseId, coupon.code), t("course.see"), { class: "text-link" }));
}

function showPromise(root, { refundDays }) {
  if (!(refundDays > 0)) return;
  slot(root, "promise-days").textContent = String(refundDays);
  slot(root, "promise-text").textContent = t("store.promiseText", { days: refundDays });
  slot(root, "promise").hidden = false;
}

start(mountStorefront);
