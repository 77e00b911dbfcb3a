"""The running product for these tests."""

from tests.support.live_fixtures import live, school

__all__ = ["live", "school"]
