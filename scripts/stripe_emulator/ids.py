"""Object ids that look like Stripe's: a prefix and letters and digits nobody can guess."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
# How many characters follow the prefix. A Checkout Session's id is 66 long in all.
_LENGTHS = {"cs_test_a1": 56, "pi_3": 23, "ch_3": 23, "re_3": 23, "txn_3": 23, "req_": 14, "cus_": 14, "prod_": 14}


def new_id(prefix: str) -> str:
    """A fresh id with this prefix, such as `pi_3`."""
    return prefix + token(_LENGTHS.get(prefix, 24))


def token(length: int) -> str:
    """Random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
