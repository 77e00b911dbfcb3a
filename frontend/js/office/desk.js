/** The office's calls to the API. */

import { withRetry } from "../app.js";
import { mayCall } from "../logic/office.js";

const MOST_PAGES = 50;

/**
 * The calls, over the student's API with its session and its retries, and `may(call)`: whether these groups may make
 * one. All but the form's own may be repeated.
 */
export function deskOf(api, groups) {
  const id = encodeURIComponent;
  const read = async (path) => (await api.ask(path)).body;
  const write = async (method, path, body) => (await api.ask(path, { method, body })).body;
  const payment = (paymentId) => `/api/admin/payments/${id(paymentId)}`;
  const place = (userId, courseId) => `/api/admin/students/${id(userId)}/enrollments/${id(courseId)}`;
  const invitations = (courseId) => `/api/admin/courses/${id(courseId)}/invitations`;
  const interest = (courseId) => `/api/admin/courses/${id(courseId)}/interest`;

  async function all(path) {
    const found = [];
    let cursor = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ limit: "100", ...(cursor && { cursor }) });
      const { body, headers } = await api.ask(`${path}?${query}`);
      found.push(...body);
      cursor = headers.get("X-Next-Cursor");
      if (!cursor) break;
    }
    return found;
  }

  return {
    may: (call) => mayCall(groups, call),
    studentsBy: (email) => read(`/api/admin/students?${new URLSearchParams({ email })}`),
    student: (userId) => read(`/api/admin/students/${id(userId)}`),
    /** The payments, of which there is at most one, that one of our ids or of a provider's leads to. */
    paymentsBy: (anyId) => read(`/api/admin/payments?${new URLSearchParams({ find: anyId })}`),
    /** One page of the payments that match: {payments, next}. */
    async payments(wanted, cursor = null) {
      const { body, headers } = await api.ask(`/api/admin/payments?${new URLSearchParams({ ...wanted, limit: "50", ...(cursor && { cursor }) })}`);
      return { payments: body, next: headers.get("X-Next-Cursor") };
    },
    history: (paymentId) => read(`${payment(paymentId)}/history`),
    createCourse: (course) => write("POST", "/api/admin/courses", course),
    changeCourse: (courseId, terms) => write("PATCH", `/api/admin/courses/${id(courseId)}`, terms),
    reprice: (courseId, price) => write("PUT", `/api/admin/courses/${id(courseId)}/price`, price),
    /** Whether new enrollments in the whole school are stopped, and by whom: {closed, reason, by, at}. */
    schoolSales: () => read("/api/admin/sales"),
    sellAll: (closed, reason) => write("PUT", "/api/admin/sales", { closed, reason }),
    /** Stops or resumes new enrollments in one course. */
    sell: (courseId, closed, reason) => write("PUT", `/api/admin/courses/${id(courseId)}/sales`, { closed, reason }),
    /** Sums of the ledger from one ISO day to another, grouped by `by` (day, month, courseId ...). */
    figures: (from, to, by) => read(`/api/admin/figures?${new URLSearchParams({ from, to, by })}`),
    /** The ledger's entries of these ISO days, as comma-separated values; null where they are more than fit in one file. */
    async ledger(from, to) {
      const parts = [];
      let cursor = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query = new URLSearchParams({ from, to, ...(cursor && { cursor }) });
        const { body, headers } = await withRetry(() => api.ask(`/api/admin/figures/ledger.csv?${query}`, { as: "text" }));
        parts.push(body);
        cursor = headers.get("X-Next-Cursor");
        if (!cursor) return parts.join("");
      }
      return null;
    },
    /** The undecided disputes of all payments: [{payment, dispute}], those to be answered soonest first. */
    disputes: () => all("/api/admin/disputes"),
    reviews: () => read("/api/admin/payments?status=review"),
    payment: (paymentId) => read(payment(paymentId)),
    resolve: (paymentId, resolution, note) => write("POST", `${payment(paymentId)}/resolve`, { resolution, note }),
    /** `refundId` is the form's: the same form sent twice is the same refund. */
    refund: (paymentId, refundId, order) => write("PUT", `${payment(paymentId)}/refunds/${id(refundId)}`, order),
    repay: (paymentId, refundId, order) => write("PUT", `${payment(paymentId)}/repayments/${id(refundId)}`, order),
    enrollmentsIn: (courseId) => all(`/api/admin/courses/${id(courseId)}/enrollments`),
    grant: (userId, courseId, reason) => write("PUT", place(userId, courseId), { reason }),
    revoke: (userId, courseId, reason, bar) => write("POST", `${place(userId, courseId)}/revoke`, { reason, bar }),
    reinstate: (userId, courseId, reason) => write("POST", `${place(userId, courseId)}/reinstate`, { reason }),
    unbar: (userId, courseId, reason) => write("POST", `${place(userId, courseId)}/unbar`, { reason }),
    interest: async (courseId) => (await all(interest(courseId))).sort((one, other) => one.createdAt.localeCompare(other.createdAt)),
    forget: (courseId, email) => write("POST", `${interest(courseId)}/forget`, { email }),
    /** null for no limit. */
    limit: (courseId, capacity, reason) => write("PUT", `/api/admin/courses/${id(courseId)}/capacity`, { capacity, reason }),
    seatClaims: (courseId) => all(`/api/admin/courses/${id(courseId)}/waitlist`),
    invitations: async (courseId) => (await all(invitations(courseId))).sort((one, other) => other.invitedAt.localeCompare(one.invitedAt)),
    invite: (courseId, order) => write("POST", invitations(courseId), order),
    withdraw: (courseId, invitationId, reason) => write("DELETE", `${invitations(courseId)}/${id(invitationId)}?${new URLSearchParams({ reason })}`),
    /** The latest that was done about a course, newest first. */
    recordsOf: (courseId) => read(`/api/admin/audit?${new URLSearchParams({ course: courseId, limit: "20" })}`),
    /** One page of what was done in a month (2026-11): {records, next}. */
    async records(month, cursor = null) {
      const { body, headers } = await api.ask(`/api/admin/audit?${new URLSearchParams({ month, limit: "50", ...(cursor && { cursor }) })}`);
      return { records: body, next: headers.get("X-Next-Cursor") };
    },
    coupons: () => all("/api/admin/coupons"),
    issue: (coupon) => write("POST", "/api/admin/coupons", coupon),
    change: (code, terms) => write("PATCH", `/api/admin/coupons/${id(code)}`, terms),
  };
}
