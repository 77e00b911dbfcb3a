/** WebKitGTK, by selenium over WebDriver: as commands.mjs wants a driver. */

import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import selenium from "selenium-webdriver";
import remote from "selenium-webdriver/remote/index.js";

const { Builder, By, Key } = selenium;
const SETTINGS = "settings";
const NARROW = "button, entry, headerbar, tab { min-width: 0; padding: 0; margin: 0; font-size: 8px; }"; // else no window is below 447 px

/** Starts the WebDriver `service` at this port; for each visitor it starts the small browser `program` anew. */
export async function launch({ program, service: path, port, patience }) {
  mkdirSync(`${SETTINGS}/gtk-3.0`, { recursive: true });
  writeFileSync(`${SETTINGS}/gtk-3.0/gtk.css`, NARROW);
  const service = new remote.DriverService(path, {
    loopback: true,
    port,
    args: [`--port=${port}`, "--host=127.0.0.1"],
    env: {
      ...process.env,
      XDG_CONFIG_HOME: resolve(SETTINGS),
      WEBKIT_DISABLE_COMPOSITING_MODE: "1", // there is no graphics card behind the screen
    },
    stdio: "ignore",
  });
  const address = await service.start(patience);
  const begin = () => new Builder()
    .usingServer(address)
    .withCapabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: program, args: ["--automation"] } })
    .build();
  let session = null;
  let tabs = [];

  const call = (source, ...values) => session.executeScript(`return (${source})(...arguments)`, ...values);

  return {
    async fresh(width) {
      await session?.quit();
      session = await begin();
      tabs = [await session.getWindowHandle()];
      await session.manage().window().setRect({ width, height: 900 });
    },
    problems: () => [], // this driver does not tell what is in the console
    async tab() {
      await session.switchTo().newWindow("tab");
      return tabs.push(await session.getWindowHandle()) - 1;
    },
    front: (number) => session.switchTo().window(tabs[number]),
    go: (where) => session.get(where),
    async within(frame, act) {
      await session.switchTo().frame(await session.findElement(By.css(frame)));
      try {
        return await act();
      } finally {
        await session.switchTo().defaultContent();
      }
    },
    evaluate: call,
    handle: call,
    click: (handle) => handle.click(),
    type: (handle, text) => handle.sendKeys(text),
    key: (name) => session.actions().sendKeys(Key[name.toUpperCase()]).perform(),
    keys: (text) => session.actions().sendKeys(text).perform(),
    async close() {
      await session?.quit();
      await service.kill();
    },
  };
}
