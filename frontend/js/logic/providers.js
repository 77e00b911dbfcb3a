/** Payment providers, decided from GET /api/config and from the student's payment sessions. */

/** The names that a student may choose from, the school's first choice first; Stripe alone where the API names none. */
export function offered({ providers }) {
  return providers?.length ? providers.map(({ name }) => name) : ["stripe"];
}

/** What is chosen when the page opens: the provider of the checkout that is open for the course, else the first. */
export function firstChoice(names, sessions, courseId) {
  const open = sessions.find((session) => session.courseId === courseId && session.status === "pending");
  return names.includes(open?.provider) ? open.provider : names[0];
}

/** True for a page that a student may be sent to: over https, or on this machine. */
export function isOwnPage(address) {
  if (!URL.canParse(address ?? "")) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost"].includes(hostname));
}
