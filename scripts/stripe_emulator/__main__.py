"""Stripe's API, Checkout form and webhooks on this machine, in memory. No real money, no network."""

import argparse
import signal
import sys
import threading

from scripts.stripe_emulator.emulator import StripeEmulator

_READY = """\
Stripe emulator on {url} (test mode, no real money)
  secret key       {secret_key}
  publishable key  {publishable_key}
  webhooks         {webhooks}
  Python           stripe.StripeClient("{secret_key}", base_addresses={{"api": "{url}"}})
  Node             new Stripe("{secret_key}", {{protocol: "http", host: "127.0.0.1", port: {port}}})
  curl             curl {url}/v1/charges -u {secret_key}:
  browser          <script src="{url}/endive/stripe.js"></script> instead of https://js.stripe.com/...
  control          curl {url}/emulator/sessions
Cards, control API and faults: scripts/stripe_emulator/README.md. Ctrl-C stops it.
"""


def main() -> int:
    """Serve until Ctrl-C. Status 1 when the port is taken."""
    options = _options()
    try:
        emulator = StripeEmulator(
            port=options.port,
            secret_key=options.secret_key,
            publishable_key=options.publishable_key,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            settle_after=options.settle_after,
            business_name=options.business_name,
        )
    except OSError as error:
        sys.stderr.write(f"Cannot listen on 127.0.0.1:{options.port}: {error.strerror}\n")
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with emulator:
        print(_ready(emulator, options), end="", flush=True)
        stopped.wait()
    return 0


def _ready(emulator: StripeEmulator, options: argparse.Namespace) -> str:
    url, secret = options.webhook_url, options.webhook_secret
    webhooks = f"to {url}, signed with {secret}" if url else "to endpoints created over the API (or --webhook-url)"
    return _READY.format(
        url=emulator.url,
        port=emulator.url.rpartition(":")[2],
        secret_key=options.secret_key,
        publishable_key=options.publishable_key,
        webhooks=webhooks,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.stripe_emulator",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=12111, help="on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--secret-key", default="sk_test_local", help="what API calls must present")
    parser.add_argument("--publishable-key", default="pk_test_local", help="what Stripe.js must present")
    parser.add_argument("--webhook-url", help="where all events are sent; http on this machine")
    parser.add_argument("--webhook-secret", default="whsec_local", help="what those events are signed with")
    parser.add_argument("--settle-after", type=float, default=15, help="seconds until a bank debit settles")
    parser.add_argument("--business-name", default="Emulated Shop", help="the merchant's name on the payment form")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
