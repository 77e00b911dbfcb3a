"""The school that the tests of one file call over HTTP."""

from __future__ import annotations

import pytest

from tests.support.http.http_school import HttpSchool


@pytest.fixture
def school() -> HttpSchool:
    """A paid course, a free course, nobody enrolled."""
    return HttpSchool()
