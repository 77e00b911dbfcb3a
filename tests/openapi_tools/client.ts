// What a front end writes against the generated types. It is compiled, never run. `@ts-expect-error` fails where the
// next line would compile after all.
import createClient from "openapi-fetch";

import type { paths } from "./api";

const client = createClient<paths>({ baseUrl: "https://school.example" });

export async function titles(): Promise<string[]> {
  const { data } = await client.GET("/api/courses", {});
  return (data ?? []).flatMap((course) => course.curriculum.flatMap((section) => section.lessons.map((lesson) => lesson.title)));
}

export async function enroll(courseId: string): Promise<string> {
  const { data, error } = await client.POST("/api/enrollments", { body: { courseId } });
  if (error) return `${error.code}: ${error.error}`;
  if (data.status === "active") return data.enrollment.enrolledAt;
  return data.clientSecret ?? data.paymentSessionId;
}

export async function buy(courseId: string): Promise<string> {
  const { data } = await client.POST("/api/payments/sessions", { body: { courseId, uiMode: "hosted" } });
  return data && "redirectUrl" in data ? data.redirectUrl : "/";
}

export async function issue(): Promise<number | undefined> {
  const { data } = await client.POST("/api/admin/coupons", {
    body: { code: "SPRING", discountType: "percentage", discountValue: 10 },
  });
  return data?.discountValue;
}

export async function wrong(): Promise<void> {
  // @ts-expect-error courseId is missing
  await client.POST("/api/enrollments", { body: {} });
  // @ts-expect-error an id is text
  await client.POST("/api/enrollments", { body: { courseId: 5 } });
  // @ts-expect-error there is no such mode
  await client.POST("/api/payments/sessions", { body: { courseId: "c", uiMode: "popup" } });
  // @ts-expect-error there is no such path
  await client.GET("/api/nothing", {});
}
