"""Guards at the edges that run in production: each as the text that switches it off, and the tests that must notice."""

from __future__ import annotations

from attrs import frozen


@frozen
class Guard:
    """What is guarded. Replacing ``old``, which stands in ``path`` exactly once, by ``new`` switches the guard off."""

    what: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]


SIGNATURE, GATEWAY = "adapters/stripe/signature.py", "adapters/stripe/payment_gateway.py"
WEBHOOKS, BOUNDARY, AUTH = "adapters/http/webhooks.py", "adapters/http/boundary.py", "adapters/http/auth.py"
URLS, PAYMENTS = "adapters/http/urls.py", "adapters/http/payments.py"
CHECKS, WEB = "adapters/http/checks.py", "scripts/stack/web.py"
LINKS = "frontend/js/logic/common.js"

_SIGNATURES = ("tests/stripe/test_signature.py",)
_MESSAGES = ("tests/stripe/test_events.py", "tests/http/test_webhooks.py", "tests/stripe/test_gateway.py")
_CALLERS = ("tests/http/test_callers.py", "tests/architecture/test_routes.py")
_ADDRESSES = ("tests/http/test_urls.py",)
_PAGES = ("tests/stack/test_web.py",)

GUARDS: tuple[Guard, ...] = (
    # -- the signature of a webhook ----------------------------------------------------------------------------------
    Guard(
        "A webhook is signed at all",
        GATEWAY,
        '        self._require_signature(body, headers.get("stripe-signature"))\n',
        "",
        _MESSAGES,
    ),
    Guard(
        "A signature is under one of our secrets",
        SIGNATURE,
        "        return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in header.signatures)\n",
        "        return bool(expected and header.signatures)\n",
        _SIGNATURES,
    ),
    Guard(
        "A signature counts whole",
        SIGNATURE,
        "hmac.compare_digest(ours, theirs) for",
        "ours.startswith(theirs) for",
        _SIGNATURES,
    ),
    Guard(
        "A signature is of the body",
        SIGNATURE,
        'message = b"%d.%b" % (header.timestamp, body)',
        'message = b"%d.%b" % (header.timestamp, body[:1])',
        _SIGNATURES,
    ),
    Guard(
        "A signature is of the time that the header names",
        SIGNATURE,
        'message = b"%d.%b" % (header.timestamp, body)',
        'message = b"%d.%b" % (header.timestamp // 1000 * 1000, body)',
        _SIGNATURES,
    ),
    Guard(
        "A message is recent",
        GATEWAY,
        "        self._verifier.require_recent(claimed, self.clock.now())\n",
        "",
        _MESSAGES,
    ),
    Guard(
        "A message is not from the future",
        SIGNATURE,
        "abs(now.timestamp() - header.timestamp)",
        "now.timestamp() - header.timestamp",
        _SIGNATURES,
    ),
    Guard("A blank secret signs nothing", SIGNATURE, " if secret.strip()]", "]", _SIGNATURES),
    Guard(
        "The age of messages is bounded",
        SIGNATURE,
        "or not 1 <= value <= _LONGEST_TOLERANCE:",
        "or value < 0:",
        _SIGNATURES,
    ),
    Guard(
        "A body that is too large is not hashed",
        WEBHOOKS,
        "        if len(body) > LARGEST:\n            raise RequestTooLarge\n",
        "",
        _MESSAGES,
    ),
    # -- who is calling ----------------------------------------------------------------------------------------------
    Guard(
        "API Gateway asks the user pool",
        BOUNDARY,
        "authorizer=None if entry.access is Access.PUBLIC else self.authorizer,",
        "authorizer=None,",
        _CALLERS,
    ),
    Guard(
        "Nobody without claims is let in",
        BOUNDARY,
        "            signed_in = call.caller\n"
        "            if route.access is Access.OFFICE:\n"
        "                call = evolve(call, role=signed_in.require_one_of(roles_for(route.method, route.path)))\n",
        "            if route.access is Access.OFFICE:\n"
        "                call = evolve(call, role=call.caller.require_one_of(roles_for(route.method, route.path)))\n",
        _CALLERS,
    ),
    Guard(
        "The office is for administrators",
        BOUNDARY,
        "                call = evolve(call, role=signed_in.require_one_of(roles_for(route.method, route.path)))\n",
        "                pass\n",
        _CALLERS,
    ),
    Guard(
        "A group counts whole",
        AUTH,
        "if role in roles and role.value in self.groups:",
        "if role in roles and role.value in str(self.groups):",
        _CALLERS,
    ),
    Guard(
        "An access token is no ID token",
        AUTH,
        ' or claims.get("token_use", "id") != "id":',
        ":",
        _CALLERS,
    ),
    Guard(
        "A verified address is said to be verified",
        AUTH,
        'str(claims.get("email_verified", "")).lower() == "true"',
        "True",
        (*_CALLERS, "tests/use_cases/student"),
    ),
    Guard(
        "The API checks the kind and the pool of a token",
        CHECKS,
        'if (claims.get("token_use"), claims.get("iss")) != ("id", self.settings.token_issuer):',
        "if False:",
        ("tests/http/test_request_checks.py",),
    ),
    # -- where a student is sent -------------------------------------------------------------------------------------
    Guard(
        "A return address is on our origin",
        URLS,
        'f"{parts.scheme}://{parts.netloc}" != origin or not full.startswith(f"{origin}/")',
        "not full.startswith(origin)",
        _ADDRESSES,
    ),
    Guard(
        "A return address is a page of the origin",
        URLS,
        ' or not full.startswith(f"{origin}/")',
        "",
        _ADDRESSES,
    ),
    Guard(
        "A path is not the name of another host",
        URLS,
        ' and not text.startswith("//")',
        "",
        _ADDRESSES,
    ),
    Guard(
        "A return address has plain characters only",
        URLS,
        "    if not _PLAIN.fullmatch(text):\n",
        "    if not text:\n",
        _ADDRESSES,
    ),
    Guard(
        "The return address is checked",
        PAYMENTS,
        "return_url=own_url(body.return_url or self.settings.return_path, origin),",
        "return_url=body.return_url or origin + self.settings.return_path,",
        _ADDRESSES,
    ),
    Guard(
        "The cancel address is checked",
        PAYMENTS,
        "cancel_url=own_url(body.cancel_url or self.settings.cancel_path, origin),",
        "cancel_url=body.cancel_url or origin + self.settings.cancel_path,",
        _ADDRESSES,
    ),
    Guard(
        "After signing in one lands on a page of ours",
        LINKS,
        "return match && AFTER_SIGN_IN.has(match[1]) ? next : MY_COURSES;",
        "return next || MY_COURSES;",
        ("tests/frontend/test_logic_decisions.py", "tests/frontend/test_logic_views.py"),
    ),
    # -- what a page may do ------------------------------------------------------------------------------------------
    Guard("Nothing is allowed by default", WEB, '"default-src": "\'none\'"', '"default-src": "*"', _PAGES),
    Guard(
        "Scripts are ours and Stripe's",
        WEB,
        "f\"'self' {stripe} {real['script-src']}\"",
        "f\"'self' 'unsafe-inline' {stripe} {real['script-src']}\"",
        _PAGES,
    ),
    Guard("No page frames ours", WEB, '        "frame-ancestors": "\'none\'",\n', "", _PAGES),
    Guard("No page moves its base", WEB, '        "base-uri": "\'none\'",\n', "", _PAGES),
    Guard("Forms go to us", WEB, '        "form-action": "\'self\'",\n', "", _PAGES),
    Guard(
        "Pages talk to the API, Cognito and Stripe only",
        WEB,
        "f\"'self' {' '.join(connect)} {stripe} {real['connect-src']}\"",
        '"*"',
        _PAGES,
    ),
    Guard("No type is guessed", WEB, '        ("X-Content-Type-Options", "nosniff"),\n', "", _PAGES),
)
