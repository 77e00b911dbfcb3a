/* Runs before the first paint, so that nothing jumps afterwards: which language, and whether somebody is signed in here.
   It also begins what would wait for the modules otherwise: config.json (as the visit before had it, and anew for the
   next), the words of the language, the modules in data-modules, and the calls to the API that the page makes first, in
   data-asks. {lang}, {view} and the parameters of the address are filled in; calls of students are made with their token. */
(() => {
  const LANGUAGES = ["en", "de"];
  const CONFIG = "learnermax.config";
  const SESSION = "learnermax.session";
  const PUBLIC = /^\/api\/(courses|config)/;
  const page = document.documentElement;
  const script = document.currentScript;
  const listed = (name) => (script.dataset[name] ?? "").split(" ").filter(Boolean);
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const session = kept(SESSION);
  const wanted = [kept("learnermax.language"), ...navigator.languages].map((tag) => String(tag).slice(0, 2));
  page.lang = wanted.find((tag) => LANGUAGES.includes(tag)) ?? LANGUAGES[0];
  page.dataset.who = session ? "member" : "guest";
  const isStatic = page.dataset.kind === "static";
  page.classList.toggle("is-translating", page.lang !== "en" && !isStatic);
  if (isStatic) return;

  const ask = async () => {
    const answer = await fetch(new URL("../config.json", script.src), { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return null;
    const text = await answer.text();
    localStorage.setItem(CONFIG, text);
    return JSON.parse(text);
  };
  const before = kept(CONFIG);
  const config = before ? Promise.resolve(JSON.parse(before)) : ask();
  const begun = new Map();
  globalThis.learnermax = { languages: LANGUAGES, config, begun };
  if (before) addEventListener("load", () => setTimeout(ask, 1000));

  const query = new URLSearchParams(location.search);
  const ofCourse = /\/course-([A-Za-z0-9_-]+?)(?:\.html)?$/.exec(location.pathname);
  const given = { view: "today", ...Object.fromEntries(query), lang: page.lang, ...(ofCourse && { id: ofCourse[1] }) };
  const filled = (text) => text.replace(/\{(\w+)\}/g, (whole, name) => (given[name] ? encodeURIComponent(given[name]) : whole));
  const isWhole = (text) => !text.includes("{");

  const modules = listed("modules").map(filled).filter((path) => /^[\w./]+$/.test(path));
  if (page.lang !== "en") modules.push(`texts/${page.lang}.js`);
  for (const path of modules) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: new URL(path, script.src).href }));
  }

  const headers = () => {
    try {
      const { idToken, expiresAt } = JSON.parse(session);
      return expiresAt - Date.now() > 60_000 ? { Authorization: `Bearer ${idToken}` } : null;
    } catch {
      return null;
    }
  };
  const begin = (base, path) => {
    const asked = PUBLIC.test(path) ? {} : headers();
    if (!asked) return;
    const answer = fetch(base + path, { headers: asked, signal: AbortSignal.timeout(30_000) });
    answer.catch(() => {}); // whoever takes it learns of it
    begun.set(base + path, answer);
  };
  config.then((found) => {
    if (!found) return;
    const base = (found.apiBase ?? "").replace(/\/$/, "");
    for (const path of listed("asks").map(filled).filter(isWhole)) begin(base, path);
  }, () => {});
})();
