"""The package for these tests."""

from tests.support.package_fixtures import package

__all__ = ["package"]
