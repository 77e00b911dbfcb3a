"""`python -m scripts.paypal_emulator`: the emulator alone, on PAYPAL_PORT (12112)."""

from __future__ import annotations

import os
import sys
import threading

from scripts.paypal_emulator import PayPalEmulator

DEFAULT_PORT = 12112


def main() -> None:
    """Serve until interrupted."""
    port = int(os.environ.get("PAYPAL_PORT") or DEFAULT_PORT)
    with PayPalEmulator(port=port, webhook_url=os.environ.get("PAYPAL_WEBHOOK_URL")) as emulator:
        sys.stdout.write(f"PayPal emulator: {emulator.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
