/* Runs before the first paint, so that nothing jumps afterwards: which language, and whether somebody is signed in here.
   It also brings config.json, which every page needs first: as the visit before had it, and anew for the next. */
(() => {
  const LANGUAGES = ["en", "de"];
  const CONFIG = "learnermax.config";
  const page = document.documentElement;
  const address = new URL("../config.json", document.currentScript.src);
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const ask = async () => {
    const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return null;
    const text = await answer.text();
    localStorage.setItem(CONFIG, text);
    return JSON.parse(text);
  };
  const wanted = [kept("learnermax.language"), ...navigator.languages].map((tag) => String(tag).slice(0, 2));
  page.lang = wanted.find((tag) => LANGUAGES.includes(tag)) ?? LANGUAGES[0];
  page.dataset.who = kept("learnermax.session") ? "member" : "guest";
  const isStatic = page.dataset.kind === "static";
  page.classList.toggle("is-translating", page.lang !== "en" && !isStatic);
  if (isStatic) return;
  const before = kept(CONFIG);
  globalThis.learnermax = { languages: LANGUAGES, config: before ? Promise.resolve(JSON.parse(before)) : ask() };
  if (before) addEventListener("load", () => setTimeout(ask, 1000));
})();
