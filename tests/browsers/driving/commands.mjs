/**
 * Obeys in one browser: a line {do, with} of stdin is a command, a line {answer} or {error} of stdout what came of it. Whatever is
 * waited for is waited for here, the same in every browser; what differs between their drivers is in firefox.mjs and webkit.mjs.
 *
 * A driver is {fresh(width), problems(), tab(), front(number), go(address), within(frame, act), evaluate(function, ...values),
 * handle(function, ...values), click(handle), type(handle, text), key(name), keys(text), close()}. A target is {css, text, frame}: in the
 * page, or in the frame of this selector, the first element of the selector that is in sight and has the text.
 */

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE = 60_000; // milliseconds, on a busy machine
const LONGEST = 180_000; // for a command that hangs
const BETWEEN_LOOKS = 50;

/* Runs in the page: the first such element that is in sight, or what is asked about it. */
const look = (what, { css, text }) => {
  const inSight = (one) => one.getClientRects().length > 0 && one.checkVisibility({ visibilityProperty: true });
  const element = [...document.querySelectorAll(css)].find((one) => inSight(one) && one.textContent.includes(text ?? ""));
  if (what === "gone") return element === undefined;
  if (element === undefined) return null;
  if (what === "text") return element.textContent.replace(/\s+/g, " ").trim();
  if (what === "value") return element.value;
  if (what === "focus") return element === document.activeElement ? getComputedStyle(element).outlineStyle : null;
  if (what === "select") return element.select() ?? true;
  if (what === "place") {
    if (element.disabled || element.closest("[inert]")) return null;
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height].map(Math.round).join();
  }
  return element;
};
/* Runs in the page: what is at this place in the frame comes into sight; a frame moves only itself. */
const bring = (frame, place) => {
  const edges = () => document.querySelector(frame).getBoundingClientRect();
  scrollBy({ top: edges().top + Number(place.split(",")[1]) - innerHeight / 2, behavior: "instant" });
  return [place, edges().left, edges().top].join();
};
const sideways = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
const complaints = () => JSON.parse(localStorage.getItem("test.problems") ?? "[]"); // as complaints.js keeps them

const [browser, given] = process.argv.slice(2);
const { launch } = await import(`./${browser}.mjs`);
const driver = await launch({ patience: PATIENCE, ...JSON.parse(given) });
const tooWide = new Set();

const inside = ({ frame }, act) => (frame ? driver.within(frame, act) : act());
const asked = (what, target) => inside(target, () => driver.evaluate(look, what, target));
const named = ({ css, text }) => (text ? `${css} with "${text}"` : css);
const address = () => driver.evaluate(() => location.href);

/* What is there instead, for the message of a failure. */
const instead = ({ text, ...place }) => asked("text", place).then((found) => `; it says: ${found}`, () => "");

async function until(what, isSo, more = () => "") {
  const end = Date.now() + PATIENCE;
  for (let failed = null; ; await pause(BETWEEN_LOOKS)) {
    try {
      const answer = await isSo();
      failed = null;
      if (answer !== null && answer !== false) return answer;
    } catch (error) {
      failed = error; // between two pages there is nothing to look at
    }
    if (Date.now() > end) throw new Error(`Not so, at ${await address()}: ${what}${failed ? ` (${failed.message})` : await more()}`);
  }
}

/* What moves is not pressed yet. */
function still(target) {
  let before = null;
  return until(`${named(target)} can be used`, async () => {
    const place = await asked("place", target);
    const now = place && target.frame ? await driver.evaluate(bring, target.frame, place) : place;
    const isStill = now !== null && now === before;
    before = now;
    return isStill;
  });
}

async function act(target, what) {
  await still(target);
  return inside(target, async () => what(await driver.handle(look, "element", target)));
}

/* Whatever a page shows, it fits: nobody scrolls sideways. */
async function measure() {
  const wide = await driver.evaluate(sideways);
  if (wide > 0) tooWide.add(`${new URL(await address()).pathname} scrolls sideways by ${wide} px`);
}

const commands = {
  async fresh(width) {
    tooWide.clear();
    await driver.fresh(width);
    return driver.evaluate(() => [innerWidth, navigator.userAgent]);
  },
  problems: async () => [...(await driver.problems()), ...(await driver.evaluate(complaints)), ...tooWide],
  tab: () => driver.tab(),
  front: (number) => driver.front(number),
  go: (where) => driver.go(where),
  at: (part) => until(`the address has ${part}`, async () => (await address()).includes(part)),
  async see(target) {
    const text = await until(`${named(target)} is in sight`, () => asked("text", target), () => instead(target));
    await measure();
    return text;
  },
  gone: (target) => until(`${named(target)} is gone`, () => asked("gone", target)),
  holds: (target, value) => until(`${named(target)} holds ${value}`, async () => (await asked("value", target)) === value),
  focus: (target) => asked("focus", target),
  press: (target) => act(target, (handle) => driver.click(handle)),
  fill: (target, text) => act(target, async (handle) => {
    await driver.click(handle);
    await driver.evaluate(look, "select", target);
    await driver.type(handle, text);
  }),
  key: (name) => driver.key(name),
  keys: (text) => driver.keys(text),
  complain: (sentence) => driver.evaluate((text) => {
    console.error(text);
    setTimeout(() => {
      throw new Error(text);
    });
  }, sentence),
};

async function obey({ do: name, with: values }) {
  const late = pause(LONGEST, null, { ref: false }).then(() => {
    throw new Error("this took too long");
  });
  return { answer: (await Promise.race([commands[name](...values), late])) ?? null };
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await obey(JSON.parse(line)).catch((error) => ({ error: `${error.name}: ${error.message}` }));
  console.log(JSON.stringify(said));
}
await driver.close();
process.exit(0);
