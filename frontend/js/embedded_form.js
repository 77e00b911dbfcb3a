/** The payment provider's form, mounted in the page. There may only ever be one: the old goes before the new comes. */

/** The form could not be loaded or shown: blocked, offline, or refused by the provider's script. */
export class FormError extends Error {
  constructor() {
    super("The payment form could not be loaded.");
    Object.assign(this, { status: 0, code: "form_failed", requestId: null });
  }
}

/** A place for the form. Calls queue up, so that two never overlap. */
export function createEmbeddedForm({ stripeJsUrl, stripePublishableKey }, mountPoint) {
  let stripe = null;
  let form = null;
  let shown = null;
  let queue = Promise.resolve();

  const inTurn = (action) => {
    queue = queue.catch(() => {}).then(action);
    return queue;
  };

  function remove() {
    form?.destroy();
    form = null;
    shown = null;
    mountPoint.replaceChildren();
  }

  /* The secret is already here, so that our own errors are ours to show and never end inside the provider's script. */
  async function put(clientSecret) {
    if (clientSecret === shown) return;
    try {
      await loadScript(stripeJsUrl);
      stripe ??= globalThis.Stripe(stripePublishableKey);
      remove();
      form = await stripe.createEmbeddedCheckoutPage({ fetchClientSecret: () => Promise.resolve(clientSecret) });
      form.mount(mountPoint);
      shown = clientSecret;
    } catch {
      remove();
      throw new FormError();
    }
  }

  return {
    /** Starts loading the script early; a failure shows when the form is wanted. */
    preload: () => void loadScript(stripeJsUrl).catch(() => {}),
    /** Shows the form for this checkout; does nothing if it is the one shown. Throws FormError. */
    show: (clientSecret) => inTurn(() => put(clientSecret)),
    /** Takes the form away. */
    close: () => inTurn(remove),
  };
}

let loading = null;

/* Once per page; a failed load may be tried again. */
function loadScript(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", resolve, { once: true });
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      reject(new FormError());
    }, { once: true });
    document.head.append(script);
  });
  return loading;
}
