// The emulator's stand-in for https://js.stripe.com/endive/stripe.js: the same calls, the form served from here.
(() => {
  "use strict";

  const origin = new URL(document.currentScript.src).origin;
  let live = null; // The one embedded page that may exist at a time.

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  function checkKey(key) {
    if (typeof key !== "string" || key === "") {
      throw new IntegrationError("Please call Stripe() with your publishable key. You used an empty string.");
    }
    if (key.startsWith("sk_")) {
      throw new IntegrationError(
        "You should not use your secret key with Stripe.js. Please pass a publishable key instead.",
      );
    }
    if (!key.startsWith("pk_")) throw new IntegrationError(`Invalid publishable key: ${key.slice(0, 12)}`);
  }

  async function readSecret(options) {
    const { fetchClientSecret, clientSecret } = options ?? {};
    if (!fetchClientSecret && !clientSecret) {
      throw new IntegrationError("You must provide fetchClientSecret or clientSecret.");
    }
    const secret = fetchClientSecret ? await fetchClientSecret() : clientSecret;
    if (typeof secret !== "string" || !/^cs_(test|live)_\w+_secret_\w+$/.test(secret)) {
      throw new IntegrationError("The client secret is not valid. It should look like cs_test_..._secret_...");
    }
    return secret;
  }

  class EmbeddedPage {
    #key;
    #secret;
    #options;
    #frame = null;
    #destroyed = false;
    #listen = (event) => this.#receive(event);

    constructor(key, secret, options) {
      this.#key = key;
      this.#secret = secret;
      this.#options = options;
    }

    mount(place) {
      if (this.#destroyed) throw new IntegrationError("This Embedded Checkout has been destroyed.");
      if (this.#frame) throw new IntegrationError("This Embedded Checkout is already mounted.");
      const parent = typeof place === "string" ? document.querySelector(place) : place;
      if (!(parent instanceof HTMLElement)) {
        throw new IntegrationError(`The selector you specified (${place}) applies to no DOM elements.`);
      }
      const frame = document.createElement("iframe");
      frame.title = "Secure payment form";
      frame.name = "embedded-checkout";
      frame.allow = "payment *";
      frame.src = `${origin}/endive/checkout#${new URLSearchParams({ key: this.#key, secret: this.#secret })}`;
      frame.style.cssText = "width:100%;height:760px;border:0;display:block;color-scheme:light;background:transparent";
      window.addEventListener("message", this.#listen);
      parent.append(frame);
      this.#frame = frame;
    }

    unmount() {
      window.removeEventListener("message", this.#listen);
      this.#frame?.remove();
      this.#frame = null;
    }

    destroy() {
      this.unmount();
      this.#destroyed = true;
      if (live === this) live = null;
    }

    #receive(event) {
      if (event.origin !== origin || event.source !== this.#frame?.contentWindow) return;
      const { type, height, redirectUrl, name } = event.data ?? {};
      if (type === "checkout:size") this.#frame.style.height = `${Math.ceil(height)}px`;
      if (type === "checkout:analytics") this.#options.onAnalyticsEvent?.({ eventType: name });
      if (type !== "checkout:complete") return;
      if (redirectUrl) window.location.assign(redirectUrl);
      else this.#options.onComplete?.();
    }
  }

  function renamed(oldName, newName) {
    return () => {
      throw new IntegrationError(`stripe.${oldName}() has been removed. Use stripe.${newName}() instead.`);
    };
  }

  window.Stripe = function Stripe(publishableKey) {
    checkKey(publishableKey);
    return {
      async createEmbeddedCheckoutPage(options) {
        if (live) throw new IntegrationError("You cannot have multiple Embedded Checkout objects.");
        const claim = {};
        live = claim;
        try {
          const page = new EmbeddedPage(publishableKey, await readSecret(options), options);
          live = page;
          return page;
        } catch (error) {
          live = null;
          throw error;
        }
      },
      initEmbeddedCheckout: renamed("initEmbeddedCheckout", "createEmbeddedCheckoutPage"),
      initCheckout: renamed("initCheckout", "initCheckoutElementsSdk"),
      registerAppInfo() {},
    };
  };
  window.Stripe.version = "endive";
})();
