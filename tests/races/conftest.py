"""The running product for these tests."""

from tests.support.stack.fixtures import live, school

__all__ = ["live", "school"]
