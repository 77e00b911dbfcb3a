"""Stripe as tests see it: its OpenAPI description, its SDK, its webhooks."""
