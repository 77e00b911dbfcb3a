"""Run the emulator alone: `python -m scripts.stripe_emulator --port 12111`."""

import argparse
import signal
import sys
import threading

from scripts.stripe_emulator.emulator import StripeEmulator


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
        )
    except OSError as error:
        sys.stderr.write(f"Cannot listen on 127.0.0.1:{options.port}: {error.strerror}\n")
        return 1
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with emulator:
        print(f"Stripe emulator on {emulator.url} (test mode, no real money)", flush=True)
        done.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.stripe_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--secret-key", default="sk_test_local")
    parser.add_argument("--publishable-key", default="pk_test_local")
    parser.add_argument("--webhook-url", help="where events are delivered; on this machine")
    parser.add_argument("--webhook-secret", default="whsec_local")
    parser.add_argument("--settle-after", type=float, default=15, help="seconds until a bank debit settles")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
