"""Another payment provider is a new package: the names of the vendors stand nowhere but where they must."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from adapters.settings import SECRET_NAMES
from adapters.wiring.payments import PROVIDERS
from tests.support.payment_providers import PROVIDERS as UNDER_CONTRACT
from tests.support.sources import python_files, tree, where

VENDOR = re.compile(r"[A-Za-z0-9_/{}.:-]*(?:stripe|paypal)[A-Za-z0-9_/{}.-]*", re.IGNORECASE)

LISTS = {"adapters/wiring/payments.py", "adapters/settings.py"}
"""The list of providers, and that of their secrets, with what Stripe was set by before there were two."""

WIRE = {
    "STRIPE",
    "by_stripe",
    "stripe",
    "stripe_js_url",
    "stripeCustomerId",
    "stripeJsUrl",
    "stripePaymentIntentId",
    "stripePriceId",
    "stripeProductId",
    "stripePublishableKey",
    "stripeSessionId",
    "/api/checkout/session/{stripeSessionId}",
    "/api/payments/sessions/stripe/{stripeSessionId}",
    "/api/payments/webhooks/stripe",
    "/api/stripe/webhooks",
}
"""What existing front ends read and call, and Stripe has registered, and the names in our code of just these."""


def words(module: ast.Module) -> Iterator[str]:
    """Every name and text that the code is made of; comments and docstrings may explain."""
    documented = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.keyword(arg=str(word)):
                yield word
            case ast.FunctionDef(name=word) | ast.ClassDef(name=word) | ast.alias(name=word):
                yield word
            case ast.ImportFrom(module=str(word)):
                yield word
            case ast.Constant(value=str(word)) if id(node) not in documented:
                yield word


def vendors_in(module: ast.Module) -> set[str]:
    """The words that name a vendor."""
    return {found for word in words(module) for found in VENDOR.findall(word)}


def test_the_domain_names_no_provider() -> None:
    """In no name and no text."""
    found = {where(path): vendors_in(tree(path)) for path in python_files("domain")}
    assert not {path: names for path, names in found.items() if names}


def test_adapters_name_a_provider_in_its_package_in_the_lists_and_on_the_wire() -> None:
    """Nowhere else: a third provider changes nothing there."""
    own = tuple(f"adapters/{name}/" for name in PROVIDERS)
    found = {
        where(path): vendors_in(tree(path)) - WIRE
        for path in python_files("adapters")
        if where(path) not in LISTS and not where(path).startswith(own)
    }
    assert not {path: names for path, names in found.items() if names}


def test_every_provider_is_on_both_lists_and_under_contract() -> None:
    """One line in each, and a class for the kit."""
    assert PROVIDERS.keys() == SECRET_NAMES.keys()
    assert PROVIDERS.keys() <= UNDER_CONTRACT.keys()


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("if session.provider == 'paypal': pass", {"paypal"}),
        ("from adapters.stripe.api import StripeApi", {"adapters.stripe.api", "StripeApi"}),
        ("def ask(stripe_key): return self.paypal", {"stripe_key", "paypal"}),
        ('"""Stripe\'s word."""\nx = 1  # PayPal', set()),
    ],
)
def test_a_vendors_name_is_noticed(text: str, noticed: set[str]) -> None:
    """Control: in names, texts and imports, not in prose."""
    assert vendors_in(ast.parse(text)) == noticed
