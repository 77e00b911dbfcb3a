"""In a real browser: content security policy and CORS allow what the product needs, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack import small_app

pytestmark = pytest.mark.browser

SIGN_IN = """async ([url, clientId]) => {
  const headers = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
  };
  const parameters = { USERNAME: "student@example.com", PASSWORD: "Learn-2026!" };
  const body = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: clientId, AuthParameters: parameters };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()).AuthenticationResult.IdToken;
}"""
CALL = """async ([url, token]) => {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(url, { headers }).catch(() => null);
  return answer && { status: answer.status, body: await answer.json() };
}"""


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """A running stack whose CORS allows the pages' origin."""
    ports = Ports.free()
    with LocalStack(ports=ports, load=lambda: small_app.build(f"http://127.0.0.1:{ports.web}")) as running:
        yield running


@pytest.fixture(scope="module")
def page(stack: LocalStack, browser: Browser) -> Iterator[Page]:
    """A document of the site, under the site's policy."""
    with browser.new_page() as page:
        page.goto(f"{stack.web_url}/config.json")
        yield page


def test_a_page_can_sign_in_and_call_the_api(stack: LocalStack, page: Page) -> None:
    """Cognito's custom headers and the API's bearer token both survive their preflights."""
    token = page.evaluate(SIGN_IN, [stack.aws_url, stack.account.client_id])
    answer = page.evaluate(CALL, [f"{stack.api_url}/api/me", token])
    assert answer["status"] == 200
    assert answer["body"]["email"] == "student@example.com"


def test_an_error_of_the_gateway_can_be_read(stack: LocalStack, page: Page) -> None:
    """A 401 of the gateway itself is readable by the page, which then asks to sign in."""
    answer = page.evaluate(CALL, [f"{stack.api_url}/api/me", "stale"])
    assert (answer["status"], answer["body"]["code"]) == (401, "unauthorized")


def test_a_page_can_call_no_other_server(stack: LocalStack, page: Page) -> None:
    """Another address, even one that would answer, is out of reach."""
    assert page.evaluate(CALL, [f"http://localhost:{stack.ports.aws}/moto-api/data.json", None]) is None
