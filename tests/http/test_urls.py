"""Fault 40: addresses to come back to lie on the school's own site, or the checkout is not opened."""

from __future__ import annotations

import pytest

from tests.support.http.http_school import ORIGIN, HttpSchool

REFUSED = [
    "https://evil.example/return",
    "http://school.example/return",
    "https://school.example.evil.example/",
    "https://school.example:444/return",
    "https://school.example@evil.example/return",
    "https://user:pass@school.example/return",
    "https://evil.example/https://school.example/",
    "https://school.example\\@evil.example/",
    "https:/school.example/return",
    "https:school.example/return",
    "HTTPS://SCHOOL.EXAMPLE/return",
    "//evil.example/return",
    "///evil.example/return",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)//https://school.example/",
    "data:text/html,x",
    "file:///etc/passwd",
    "return.html",
    "?return",
    " https://school.example/return",
    "https://school.example/ret urn",
    "https://school.example/return\n",
    "https://school.example/\r\nLocation: https://evil.example",
    "/return\n",
    "/\tevil",
    "/\x00",
    "https://school.example",
    "https://[::1/return",
    "https://ѕchool.example/",
    "/" + "r" * 2000,
]
TAKEN = {
    "/return.html": f"{ORIGIN}/return.html",
    "/return.html?course=1&x=y#top": f"{ORIGIN}/return.html?course=1&x=y#top",
    f"{ORIGIN}/return.html?id={{CHECKOUT_SESSION_ID}}": f"{ORIGIN}/return.html?id={{CHECKOUT_SESSION_ID}}",
}


@pytest.mark.parametrize("url", REFUSED)
@pytest.mark.parametrize("name", ["returnUrl", "cancelUrl"])
def test_fault_40_a_foreign_address_is_400(school: HttpSchool, name: str, url: str) -> None:
    """Another host, scheme, port or user, or anything that a browser might read as one; nothing is reserved."""
    for mode in ("embedded", "hosted"):
        answer = school.post("/api/payments/sessions", {"courseId": "course-1", "uiMode": mode, name: url})
        assert (answer.status, answer.code) == (400, "invalid_request")
        assert "evil" not in answer.text
    assert not school.store.sessions


@pytest.mark.parametrize(("url", "stored"), TAKEN.items())
def test_an_address_of_the_schools_own_is_taken(school: HttpSchool, url: str, stored: str) -> None:
    """A path or the whole address."""
    assert school.post("/api/payments/sessions", {"courseId": "course-1", "returnUrl": url}).status == 201
    assert school.store.sessions["user-1", "ps_000001"].return_url == stored


@pytest.mark.parametrize("body", [{}, {"returnUrl": None}, {"returnUrl": ""}])
def test_without_an_address_the_schools_return_page_is_meant(school: HttpSchool, body: dict[str, object]) -> None:
    """The page that the settings name."""
    school.post("/api/payments/sessions", {"courseId": "course-1", **body})
    session = school.store.sessions["user-1", "ps_000001"]
    assert (session.return_url, session.cancel_url) == (f"{ORIGIN}/return.html", f"{ORIGIN}/dashboard.html")
