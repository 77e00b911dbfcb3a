"""An emulator of the part of Stripe that the product uses; see docs/stripe-emulator.md."""

from scripts.stripe_emulator.emulator import StripeEmulator

__all__ = ["StripeEmulator"]
