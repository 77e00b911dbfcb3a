/* Goes before early.js, and so before all else: keeps what a page complains of, in whichever tab. One driver tells nothing of it. */
(() => {
  const KEPT = "test.problems";
  const keep = (text) => {
    const known = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    localStorage.setItem(KEPT, JSON.stringify([...known, `${location.pathname}: ${text}`]));
  };
  const { error } = console;
  console.error = (...words) => {
    keep(words.join(" "));
    error.apply(console, words);
  };
  addEventListener("error", ({ message, target }) => keep(message ?? `${target.src ?? target.href} did not load`), true);
  addEventListener("unhandledrejection", ({ reason }) => keep(`${reason}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => keep(`${violatedDirective} forbids ${blockedURI}`));
})();
