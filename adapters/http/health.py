"""Whether the code runs: the one view that needs nothing but the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.routing import Access, Call, Reply, Router
from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


@frozen(kw_only=True)
class HealthViews:
    """GET /api/health."""

    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/health", view=self.health, access=Access.PUBLIC)

    def health(self, _call: Call) -> Reply[bodies.Health]:
        """That the code runs, and which; nothing it depends on is called."""
        version, commit = self.settings.app_version, self.settings.app_commit
        return Reply(body={"status": "ok", "version": version, "commit": commit})
