"""Stripe: embedded and hosted Checkout for one-time payments, and its signed webhook events.

The Stripe SDK is imported by the first API request only: verifying and parsing a webhook event does without it. Of the
SDK, requests use what sends them (``raw_request``), not its services and classes of objects.
"""
