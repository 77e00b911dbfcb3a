"""The payment form in a real browser: embedded in a shop's page, and on a page of its own."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

pytestmark = pytest.mark.browser

SHOP_PAGE = """<!doctype html><title>Shop</title><div id="checkout"></div>
<script src="{emulator}/endive/stripe.js"></script>
<script>
  window.faults = [];
  (async () => {{
    const stripe = Stripe("pk_test_local");
    const options = {{
      fetchClientSecret: async () => "{secret}",
      onComplete: () => {{ document.title = "Completed"; }},
    }};
    window.page = await stripe.createEmbeddedCheckoutPage(options);
    window.page.mount("#checkout");
    await stripe.createEmbeddedCheckoutPage(options)
      .catch((error) => window.faults.push(`${{error.name}}: ${{error.message}}`));
    try {{ stripe.initEmbeddedCheckout(options); }} catch (error) {{ window.faults.push(error.name); }}
    try {{ Stripe("sk_test_x"); }} catch (error) {{ window.faults.push(error.name); }}
    window.page.destroy();
    window.page = await stripe.createEmbeddedCheckoutPage(options);
    window.page.mount("#checkout");
    document.title = "Ready";
  }})();
</script>"""


class _Pages(http.server.BaseHTTPRequestHandler):
    html = ""

    def do_GET(self) -> None:
        body = (self.html if self.path.startswith("/shop") else "<title>Returned</title>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests are quiet."""


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    """A page without history whose errors are the test's. It is closed before the shop's server is."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def origin() -> Iterator[str]:
    """A shop's web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def visit(shop: Any, page: Page, origin: str, **changes: Any) -> tuple[str, FrameLocator]:
    """A shop's page with the form in it: the session's id and the form."""
    wanted = {"return_url": f"{origin}/return?session_id={{CHECKOUT_SESSION_ID}}", **changes}
    session = shop.open(**wanted)
    _Pages.html = SHOP_PAGE.format(emulator=shop.emulator.url, secret=session.client_secret)
    page.goto(f"{origin}/shop")
    expect(page).to_have_title("Ready")
    return session.id, page.frame_locator("iframe")


def fill(form: FrameLocator | Page, number: str) -> None:
    """Type a card as a person does."""
    form.locator("#cardNumber").fill("")
    form.locator("#cardNumber").press_sequentially(number)
    form.locator("#cardExpiry").fill("")
    form.locator("#cardExpiry").press_sequentially("1234")
    form.locator("#cardCvc").fill("123")
    form.locator("#billingName").fill("Ada Lovelace")


def test_a_decline_and_then_a_good_card_in_the_same_form(shop: Any, page: Page, origin: str) -> None:
    """The buyer sees the decline, tries another card, and lands on the return page; one instance at a time."""
    shop.client.v1.coupons.create(params={"id": "C", "name": "SPRING", "percent_off": 20})
    session_id, form = visit(shop, page, origin, customer_email="ada@example.com", discounts=[{"coupon": "C"}])
    assert page.evaluate("window.faults") == [
        "IntegrationError: You cannot have multiple Embedded Checkout objects.",
        "IntegrationError",
        "IntegrationError",
    ]
    expect(form.locator("[data-testid=total]")).to_have_text("$79.99")
    expect(form.locator("[data-testid=discount]")).to_have_text("−$20.00")
    expect(form.get_by_text("test mode, no real money")).to_be_visible()
    expect(form.get_by_label("Email")).to_have_value("ada@example.com")
    expect(form.get_by_label("Email")).not_to_be_editable()
    fill(form, "4000000000000002")
    expect(form.locator("#cardNumber")).to_have_value("4000 0000 0000 0002")
    expect(form.locator("#cardExpiry")).to_have_value("12 / 34")
    form.locator("[data-testid=pay]").click()
    expect(form.get_by_role("alert")).to_have_text("Your card was declined.")
    assert shop.read(session_id).status == "open"
    form.locator("#cardNumber").fill("4242424242424242")
    form.locator("#cardNumber").press("Enter")
    page.wait_for_url(f"{origin}/return?session_id={session_id}")
    assert shop.read(session_id).payment_status == "paid"


def test_a_challenge_in_the_form(shop: Any, page: Page, origin: str) -> None:
    """The bank's question comes up; failing it is a decline, passing it pays. Without redirect onComplete is called."""
    session_id, form = visit(shop, page, origin, redirect_on_completion="never", return_url=None)
    form.get_by_label("Email").fill("ada@example.com")
    fill(form, "4000002760003184")
    form.locator("[data-testid=pay]").click()
    form.locator("[data-testid=challenge-fail]").click()
    expect(form.locator("[data-testid=error]")).to_contain_text("unable to authenticate")
    form.locator("[data-testid=pay]").click()
    form.locator("[data-testid=challenge-complete]").click()
    expect(page).to_have_title("Completed")
    expect(form.locator("[data-testid=over]")).to_have_text("Payment successful")
    assert shop.read(session_id).payment_status == "paid"


MISTAKES = [
    ("#cardNumber", "4242 4242 4242 4241", "Your card number is invalid."),
    ("#cardNumber", "4242", "Your card number is incomplete."),
    ("#cardExpiry", "01 / 20", "Your card's expiration date is in the past."),
    ("#cardExpiry", "13 / 40", "Your card's expiration date is incomplete."),
    ("#cardCvc", "12", "Your card's security code is incomplete."),
    ("#billingName", "", "Enter the name on the card."),
    ("#email", "nobody", "Enter a valid email address."),
]


def test_mistakes_are_shown_and_put_right(shop: Any, page: Page, origin: str) -> None:
    """Nothing is tried, the message says what is wrong, and the cursor is where it can be put right."""
    _, form = visit(shop, page, origin)
    form.locator("#email").fill("ada@example.com")
    fill(form, "4242424242424242")
    for field, wrong, message in MISTAKES:
        right = form.locator(field).input_value()
        form.locator(field).fill(wrong)
        form.locator("[data-testid=pay]").click()
        expect(form.get_by_role("alert")).to_have_text(message)
        expect(form.locator(field)).to_be_focused()
        form.locator(field).fill(right)
    assert shop.kinds() == []


def test_a_bank_debit_in_the_form(shop: Any, page: Page, origin: str) -> None:
    """The buyer is sent on although the money comes later."""
    session_id, form = visit(shop, page, origin, customer_email="ada@example.com")
    form.get_by_label("Bank debit").check()
    form.get_by_label("Account number").fill("000123456789")
    form.locator("[data-testid=pay]").click()
    page.wait_for_url("**/return?session_id=cs_*")
    assert shop.read(session_id).payment_status == "unpaid"


def test_the_hosted_page(shop: Any, page: Page, origin: str) -> None:
    """A page of its own: back to the shop, or pay and go to the success page. No other site may frame it."""
    urls = {"success_url": f"{origin}/ok?s={{CHECKOUT_SESSION_ID}}", "cancel_url": f"{origin}/basket"}
    session = shop.open(ui_mode="hosted_page", return_url=None, **urls)
    answer = page.goto(session.url)
    assert answer
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("link", name="Back to LearnerMax")).to_have_attribute("href", f"{origin}/basket")
    page.get_by_label("Email").fill("ada@example.com")
    fill(page, "4242424242424242")
    page.get_by_role("button", name="Pay $99.99").click()
    page.wait_for_url(f"{origin}/ok?s={session.id}")
    assert shop.read(session.id).customer_details.email == "ada@example.com"


def test_a_free_order_asks_for_no_card(shop: Any, page: Page, origin: str) -> None:
    """At nothing to pay only the address is asked."""
    shop.client.v1.coupons.create(params={"id": "FREE", "percent_off": 100})
    session_id, form = visit(shop, page, origin, customer_email="ada@example.com", discounts=[{"coupon": "FREE"}])
    expect(form.locator("#cardNumber")).not_to_be_visible()
    form.get_by_role("button", name="Complete order").click()
    page.wait_for_url("**/return?session_id=cs_*")
    assert shop.read(session_id).payment_status == "no_payment_required"


def test_an_expired_session_says_so(shop: Any, page: Page, origin: str) -> None:
    """A form whose time has run out takes no money."""
    session_id, form = visit(shop, page, origin, customer_email="ada@example.com")
    fill(form, "4242424242424242")
    shop.emulator.control.expire(session_id)
    form.locator("[data-testid=pay]").click()
    expect(form.locator("[data-testid=over]")).to_have_text("This checkout has expired")
    assert shop.read(session_id).payment_status == "unpaid"
