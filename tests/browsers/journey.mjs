/** One student's way from sign-in to a lesson that is done. Prints {browser, steps, problems} as JSON. */

import puppeteer from "puppeteer-core";

const PATIENCE = 60_000; // milliseconds, on a busy machine
const CARD = { "#cardNumber": "4242424242424242", "#cardExpiry": "1234", "#cardCvc": "123", "#billingName": "Fiona Fox" };

const { firefox, web, email, password, paid, free } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });
const page = await browser.newPage();
const steps = [];
const problems = [];
page.setDefaultTimeout(PATIENCE);
page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
page.on("pageerror", (error) => problems.push(error.message));

const named = (testId) => `[data-testid="${testId}"]`;
const see = (testId) => page.waitForSelector(named(testId), { visible: true });
const fill = (testId, text) => page.locator(named(testId)).fill(text);
const press = (testId) => page.locator(named(testId)).click();
const follow = (testId) => Promise.all([page.waitForNavigation(), press(testId)]);

try {
  await page.goto(`${web}/signin.html`);
  await fill("signin-email", email);
  await fill("signin-password", password);
  await follow("signin-submit");
  steps.push("signed in");

  await page.goto(`${web}/course.html?id=${free}`);
  await press(`enroll-${free}`);
  await see(`enrolled-badge-${free}`);
  steps.push("enrolled in the free course");

  await page.goto(`${web}/course.html?id=${paid}`);
  await follow(`enroll-${paid}`);
  const form = await (await page.waitForSelector(`${named("checkout-mount")} iframe`)).contentFrame();
  for (const [field, text] of Object.entries(CARD)) {
    const input = await form.waitForSelector(field, { visible: true });
    await input.focus();
    await input.type(text);
  }
  await Promise.all([page.waitForNavigation(), form.locator(named("pay")).click()]);
  steps.push("paid");
  await see("start-course");
  steps.push("enrolled");

  await follow("start-course");
  await press("mark-done");
  await page.waitForSelector("#outline .is-done");
  steps.push("a lesson done");

  await page.goto(`${web}/purchases.html`);
  await page.waitForSelector("[data-state=completed]");
  steps.push("in the purchases");
} catch (error) {
  problems.push(error.message);
}
console.log(JSON.stringify({ browser: await browser.version(), steps, problems }));
await browser.close();
