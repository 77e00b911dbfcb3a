"""What stands before the pages at CloudFront: the function as it is deployed, run in a browser's JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from scripts.ops.deploy.pages import FRONTEND, page_names, shareable
from scripts.ops.deploy.template import template_body
from scripts.ops.stage import ROOT
from scripts.stack.http_server import HttpRequest
from scripts.stack.web import Pages

pytestmark = pytest.mark.browser
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The template's resources as CloudFormation gets them."""
    sent: dict[str, Any] = json.loads(template_body())["Resources"]
    return sent


@pytest.fixture(scope="module")
def ask(resources: dict[str, Any], browser: Browser) -> Iterator[Ask]:
    """What the deployed function makes of an address: before CloudFront looks for it, or of the answer's status."""
    code = resources["PagesFunction"]["Properties"]["FunctionCode"]["Fn::Sub"].replace("${PageNames}", page_names())
    with browser.new_page() as page:

        def call(uri: str, status: int | None = None) -> dict[str, Any]:
            event = {
                "context": {"eventType": "viewer-request" if status is None else "viewer-response"},
                "request": {"method": "GET", "uri": uri, "querystring": {}, "headers": {}},
                "response": {"statusCode": status, "headers": {}},
            }
            answer: dict[str, Any] = page.evaluate(f"(event) => {{ {code}; return handler(event); }}", event)
            return answer

        yield call


def test_every_published_file_is_let_through(ask: Ask) -> None:
    """Pages, scripts, styles, images, the configuration and the bare domain stay what they are."""
    files = [f"/{path.relative_to(FRONTEND).as_posix()}" for path in FRONTEND.rglob("*") if path.is_file()]
    ours = [uri for uri in [*files, "/config.json", "/"] if not uri.endswith(("404.html", ".md"))]
    assert len(ours) > 30
    assert {uri: ask(uri)["uri"] for uri in ours} == {uri: uri for uri in ours}
    assert {ask(uri, 200)["statusCode"] for uri in ours} == {200}


@pytest.mark.parametrize(
    "uri",
    ["/nothing", "/nothing.html", "/courses/1", "/dashboard.html/x", "/dashboard/", "//x", "/css", "/favicon.ico"],
)
def test_what_is_no_page_becomes_the_page_that_says_so(ask: Ask, uri: str) -> None:
    """CloudFront is sent for 404.html and answers with the status 404, whichever address its second event names."""
    assert ask(uri)["uri"] == "/404.html"
    for named in (uri, "/404.html"):
        answer = ask(named, 200)
        assert (answer["statusCode"], answer["statusDescription"]) == (404, "Not Found")


@pytest.mark.parametrize("uri", ["/course-aws-1.html", "/course-aws-1", "/course-X_y.html"])
def test_a_courses_own_page_is_let_through(ask: Ask, uri: str) -> None:
    """New courses get theirs by publishing, without another function."""
    assert ask(uri)["uri"] == uri.removesuffix(".html") + ".html"
    assert ask(uri, 200)["statusCode"] == 200
    assert ask("/course-a/b.html")["uri"] == "/404.html"


@pytest.mark.parametrize("status", [206, 304, 403, 503])
def test_other_answers_keep_their_status(ask: Ask, status: int) -> None:
    """A 304 stays a 304: the browser has the page already."""
    assert ask("/nothing", status)["statusCode"] == status


@pytest.mark.parametrize("uri", ["/", "/index.html", "/checkout", "/nothing", "/no/such/page", "/404.html", "/404"])
def test_the_local_server_answers_alike(ask: Ask, uri: str) -> None:
    """Whatever is tried on one machine comes out the same behind CloudFront."""
    pages = Pages(root=ROOT / "frontend", api_base="", stripe_js="https://js.stripe.com/endive/stripe.js", connect=())
    file = ask(uri)["uri"]
    local, same = (pages(HttpRequest(method="GET", target=target)) for target in (uri, file))
    assert local.status == ask(uri, 200)["statusCode"]
    assert local.body == same.body


def test_the_apis_refusals_are_never_replaced(resources: dict[str, Any]) -> None:
    """Error pages of the distribution would stand for the API's JSON too: there are none, nor a function before it."""
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    _condition, api, _otherwise = config["CacheBehaviors"][0]["Fn::If"]

    assert "CustomErrorResponses" not in config
    assert api["PathPattern"] == "/api/*"
    assert "FunctionAssociations" not in api
    events = [each["EventType"] for each in config["DefaultCacheBehavior"]["FunctionAssociations"]]
    assert events == ["viewer-request", "viewer-response"]


def test_previews_get_the_full_address_of_their_picture() -> None:
    """Programs that show previews of links do not follow relative addresses; the picture is among the pages."""
    for name in ("index.html", "course.html"):
        page = shareable((FRONTEND / name).read_bytes(), "https://school.example").decode()
        assert '<meta property="og:image" content="https://school.example/img/share.png">' in page
    assert (FRONTEND / "img" / "share.png").read_bytes().startswith(b"\x89PNG")


def test_a_preview_of_any_page_names_the_school() -> None:
    """Not the default, wherever that stands; whatever is in the name is a text there."""
    for path in FRONTEND.glob("*.html"):
        page = shareable(path.read_bytes(), "https://school.example", "Code & <Coffee>").decode()
        assert "LearnerMax" not in page
        assert "Code &amp; &lt;Coffee&gt;" in page
