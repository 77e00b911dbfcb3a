"""Stripe: embedded and hosted Checkout for one-time payments, and its signed webhook events.

Nothing here imports the Stripe SDK until Stripe is asked something: verifying and reading an event does without it.
"""
