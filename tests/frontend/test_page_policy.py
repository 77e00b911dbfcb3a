"""What a page may load and run: its content security policy and Trusted Types are in force."""

from __future__ import annotations

import re

import pytest

from tests.frontend.axe import open_page
from tests.frontend.conftest import Visit

pytestmark = pytest.mark.browser


def test_the_policy_is_in_force(visit: Visit) -> None:
    """The control of the check that every visit ends with: a script that the policy forbids is reported."""
    page = open_page(visit, "checkout.html?courseId=PAID-1")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in visit.problems)
    visit.problems.clear()


@pytest.mark.parametrize("address", ["index.html", "dashboard.html", "account.html"])
def test_markup_cannot_be_made_of_text(visit: Visit, address: str) -> None:
    """Trusted Types: outside the checkout, where the provider's script runs, no sink takes a text."""
    page = open_page(visit, address)
    thrown = page.evaluate("(() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } })()")
    assert thrown == "TypeError"
    visit.problems.clear()


def test_pictures_come_from_a_list_and_not_from_anywhere(visit: Visit) -> None:
    """The policy names origins of pictures; a scheme alone is none."""
    answer = visit.page.goto(f"{visit.site}/index.html")
    assert answer is not None
    [images] = re.findall(r"img-src ([^;]*)", answer.headers["content-security-policy"])
    assert images.split() == ["'self'", "data:"]
