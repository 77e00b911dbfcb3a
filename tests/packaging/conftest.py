"""The package for these tests."""

from tests.support.deployment.package_fixtures import package

__all__ = ["package"]
