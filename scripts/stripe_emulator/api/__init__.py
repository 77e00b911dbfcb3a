"""Stripe's API under /v1: from the HTTP request to the JSON answer, with a module per resource."""
