/** The school's API. Holds the only call to it: bearer token, one refresh on a 401, errors as ApiError. */

import { retryAfterSeconds } from "./logic/backoff.js";
import { apiMessage } from "./logic/messages.js";

const LONGEST_ANSWER = 30_000;

/**
 * The API refused or did not answer. `status` 0 means no answer; `message` is a sentence for a person; `session` is the
 * payment session's true state, where the refusal comes with it.
 */
export class ApiError extends Error {
  constructor(status, { error, code = "unknown", requestId = null, session = null } = {}, retryAfter = null) {
    super(apiMessage(status, error));
    Object.assign(this, { status, code, requestId, session, retryAfter });
  }
}

/** GET /api/config: keys, currency, features and where to sign in; `fresh` asks past the cache. Throws ApiError. */
export async function fetchSettings(base, fresh = false) {
  return (await send(`${base}/api/config`, { cache: fresh ? "reload" : "default" })).body;
}

/**
 * The calls, for a signed-in student. All of them may be repeated: the API answers a repeated POST with what the
 * first one made. `onSignedOut` is told when the session has ended for good.
 */
export function createApi(base, auth, onSignedOut) {
  async function call(path, { method = "GET", body } = {}) {
    try {
      return await send(base + path, await request(method, body));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    await renew();
    try {
      return await send(base + path, await request(method, body));
    } catch (error) {
      if (error.status === 401) onSignedOut();
      throw error;
    }
  }

  async function request(method, body) {
    const headers = {};
    const token = await bearer();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  }

  const bearer = () => auth.bearer().catch(endedOrOffline);
  const renew = () => auth.refresh().catch(endedOrOffline);

  function endedOrOffline(error) {
    if (error.kind === "NetworkError") throw new ApiError(0);
    onSignedOut();
    throw new ApiError(401);
  }

  const read = async (path) => (await call(path)).body;
  const post = async (path, body) => (await call(path, { method: "POST", body })).body;

  return {
    /** One page of courses: {courses, next}; `next` asks for the following page, null after the last. */
    async courses(cursor = null) {
      const query = cursor ? `?${new URLSearchParams({ cursor })}` : "";
      const { body, headers } = await call(`/api/courses${query}`);
      return { courses: body, next: headers.get("X-Next-Cursor") };
    },
    course: (courseId) => read(`/api/courses/${encodeURIComponent(courseId)}`),
    enrollments: () => read("/api/enrollments"),
    /** {status: "active", enrollment}, or {status: "pending", clientSecret, ...} when a payment is needed. */
    enroll: (courseId, couponCode) => post("/api/enrollments", { courseId, ...(couponCode && { couponCode }) }),
    checkoutSession: (id) => read(`/api/checkout/session/${encodeURIComponent(id)}`),
    validateCoupon: (code, courseId) => post("/api/payments/coupons/validate", { code, courseId }),
    bookings: () => read("/api/payments/sessions"),
    cancelBooking: (id) => post(`/api/payments/sessions/${encodeURIComponent(id)}/cancel`),
  };
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, signal: AbortSignal.timeout(LONGEST_ANSWER) });
  } catch {
    throw new ApiError(0);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    throw new ApiError(response.status, body ?? {}, retryAfterSeconds(response.headers.get("Retry-After")));
  }
  if (body === null) throw new ApiError(502);
  return { body, headers: response.headers };
}
