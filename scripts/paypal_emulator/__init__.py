"""An emulator of PayPal's Orders v2, Payments v2, disputes and webhooks, for development and tests."""

from __future__ import annotations

from scripts.paypal_emulator.emulator import PayPalEmulator

__all__ = ["PayPalEmulator"]
