/** Firefox, by puppeteer over WebDriver BiDi: as commands.mjs wants a driver. */

import puppeteer from "puppeteer-core";

/** Starts the Firefox `program`. It starts slowly, so that each visitor gets a container of it and no process. */
export async function launch({ program, patience }) {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: true, defaultViewport: null, timeout: patience });
  let context = null;
  let viewport = null;
  let pages = [];
  let problems = [];
  let page = null;
  let inside = null; // the frame, where one is meant

  const driver = {
    async fresh(width) {
      await context?.close();
      context = await browser.createBrowserContext();
      viewport = { width, height: 900 };
      pages = [];
      problems = [];
      await driver.tab();
    },
    problems: () => problems,
    async tab() {
      const heard = problems;
      page = await context.newPage();
      page.setDefaultTimeout(patience);
      page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
      page.on("pageerror", (error) => heard.push(error.message));
      await page.setViewport(viewport);
      return pages.push(page) - 1;
    },
    async front(number) {
      page = pages[number];
      await page.bringToFront();
    },
    go: (address) => page.goto(address).then(() => null),
    async within(frame, act) {
      inside = await (await page.$(frame)).contentFrame();
      try {
        return await act();
      } finally {
        inside = null;
      }
    },
    evaluate: (...call) => (inside ?? page).evaluate(...call),
    handle: async (...call) => (await (inside ?? page).evaluateHandle(...call)).asElement(),
    click: (handle) => handle.click(),
    type: (handle, text) => handle.type(text),
    key: (name) => page.keyboard.press(name),
    keys: (text) => page.keyboard.type(text),
    close: () => browser.close(),
  };
  return driver;
}
