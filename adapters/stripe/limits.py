"""Stripe's limits, from its documentation."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from domain.pricing import ProviderLimits

LIMITS = ProviderLimits(
    minimum_charge=MappingProxyType(
        {
            "usd": 50,
            "eur": 50,
            "gbp": 30,
            "chf": 50,
            "aud": 50,
            "cad": 50,
            "nzd": 50,
            "sgd": 50,
            "brl": 50,
            "inr": 50,
            "dkk": 250,
            "nok": 300,
            "sek": 300,
            "pln": 200,
            "mxn": 1000,
            "jpy": 50,
        }
    ),
    shortest_checkout=timedelta(minutes=30),
    longest_checkout=timedelta(hours=24),
    keys_kept=timedelta(hours=24),
)
"""The smallest card charge per currency in minor units, how long a Checkout Session may stay open, and how long
idempotency keys are kept.
"""
