"""An emulator of the parts of Stripe that selling with Checkout needs. See README.md beside this file."""

from scripts.stripe_emulator.emulator import StripeEmulator
from scripts.stripe_emulator.webhooks.signing import signature_header

__all__ = ["StripeEmulator", "signature_header"]
