"""Use cases that a payment provider calls."""
