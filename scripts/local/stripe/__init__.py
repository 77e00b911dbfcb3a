"""An emulator of the part of Stripe that the product uses; see docs/stripe-emulator.md."""

from scripts.local.stripe.emulator import StripeEmulator

__all__ = ["StripeEmulator"]
