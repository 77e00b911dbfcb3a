/** One student's way from sign-in to a lesson that is done, and out. Prints {browser, steps, problems} as JSON. */

import selenium from "selenium-webdriver";
import remote from "selenium-webdriver/remote/index.js";

const { Builder, By, until } = selenium;
const PATIENCE = 60_000; // milliseconds, on a busy machine

const { driver: program, browser, port, web, email, password, paid, free, width } = JSON.parse(process.argv[2]);
const service = new remote.DriverService(program, {
  loopback: true,
  port,
  args: [`--port=${port}`, "--host=127.0.0.1"],
  env: { ...process.env, WEBKIT_DISABLE_COMPOSITING_MODE: "1" }, // there is no graphics card behind the screen
  stdio: "ignore",
});
const steps = [];
const problems = [];

const driver = await new Builder()
  .usingServer(await service.start(PATIENCE))
  .withCapabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: browser, args: ["--automation"] } })
  .build();
await driver.manage().window().setRect({ width, height: 900 });

const named = (testId) => By.css(`[data-testid="${testId}"]`);
const see = async (locator) => driver.wait(until.elementIsVisible(await driver.wait(until.elementLocated(locator), PATIENCE)), PATIENCE);
const press = async (locator) => (await see(locator)).click();
const fill = async (testId, text) => (await see(named(testId))).sendKeys(text);
const reach = (part) => driver.wait(until.urlContains(part), PATIENCE);
const fits = async (page) => {
  const wide = await driver.executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
  if (wide > 0) problems.push(`${page} scrolls sideways by ${wide} px`);
};

try {
  await driver.get(`${web}/signin.html`);
  await driver.wait(until.elementIsEnabled(await see(named("signin-submit"))), PATIENCE);
  await fill("signin-email", email);
  await fill("signin-password", password);
  await fits("signin");
  await press(named("signin-submit"));
  await reach("dashboard.html");
  steps.push("signed in");

  await driver.get(`${web}/course.html?id=${free}`);
  await press(named(`enroll-${free}`));
  await see(named(`enrolled-badge-${free}`));
  await fits("course");
  steps.push("enrolled in the free course");

  await driver.get(`${web}/course.html?id=${paid}`);
  await press(named(`enroll-${paid}`));
  await reach("checkout.html");
  await see(By.css('[data-testid="checkout-mount"]:not([inert]) iframe'));
  await fits("checkout");
  await press(By.css('label:has([data-testid="provider-paypal"])')); // nobody types into the card's frame through this driver
  await press(named("go-to-provider"));
  await press(By.xpath("//button[contains(., 'Pay now')]"));
  await reach("return.html");
  steps.push("paid");
  await see(named("start-course"));
  await fits("return");
  steps.push("enrolled");

  await press(named("start-course"));
  await press(named("mark-done"));
  await see(By.css("#outline .is-done"));
  await fits("learn");
  steps.push("a lesson done");

  await driver.get(`${web}/purchases.html`);
  await see(By.css("[data-state=completed]"));
  await fits("purchases");
  steps.push("in the purchases");

  await driver.get(`${web}/account.html`);
  await press(By.css("main [data-signout]"));
  await reach("index.html");
  await see(By.css("a.for-guest"));
  await fits("storefront");
  steps.push("signed out");
} catch (error) {
  problems.push(error.message);
}
const capabilities = await driver.getCapabilities();
console.log(JSON.stringify({ browser: `${capabilities.get("browserName")}/${capabilities.get("browserVersion")}`, steps, problems }));
await driver.quit();
await service.kill();
