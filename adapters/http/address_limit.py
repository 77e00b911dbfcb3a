"""How many costly requests may come from one network address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from domain.ports.clock import Clock
from domain.services.rate_limiter import RateLimiter
from domain.transactions import rate_limits
from domain.transactions.rate_limits import CheckoutLimits

if TYPE_CHECKING:
    from adapters.http.routing import Call


@frozen(kw_only=True)
class AddressLimit:
    """Counts requests by a pseudonym of the address that they come from."""

    rate_limiter: RateLimiter
    clock: Clock
    limits: CheckoutLimits

    def __call__(self, call: Call) -> None:
        """Count the request, where the school limits them.

        Raises:
            RateLimited: too many came from there in this minute.
            StorageUnavailable: the database does not answer.
        """
        if self.limits.per_address:
            now = self.clock.now()
            self.rate_limiter(rate_limits.checkouts_by_address(call.client, call.request_id, now, self.limits))
