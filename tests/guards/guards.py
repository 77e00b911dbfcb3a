"""Guards that run in production: each as the text that switches it off, and the tests that must notice.

Those of the money path are in `tests/simulation/mutants`, and conditions of DynamoDB are left out one by one anyway.
"""

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
EVENTS, TRANSPORT, ERRORS = "adapters/stripe/events.py", "adapters/stripe/transport.py", "adapters/http/errors.py"
CLIENT_ADDRESS, IDEMPOTENCY = "adapters/http/client_address.py", "adapters/http/idempotency.py"
SECOND_FACTOR = "scripts/ops/deploy/second_factor.py"
PARSING, CURSORS = "adapters/http/request_parsing.py", "adapters/dynamodb/cursors.py"

_SIGNATURES = ("tests/stripe/test_signature.py",)
_MESSAGES = ("tests/stripe/test_events.py", "tests/http/test_webhooks.py", "tests/stripe/test_gateway.py")
_CALLERS = ("tests/http/test_callers.py", "tests/architecture/test_routes.py")
_ADDRESSES = ("tests/http/test_urls.py",)
_PAGES = ("tests/stack/test_web.py",)
_FACTORS = ("tests/ops/test_second_factor_trigger.py",)

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
    # -- rows of the table of faults -----------------------------------------------------------------------------------
    Guard(
        "An event of the other mode is ignored",
        EVENTS,
        "if self.livemode != livemode:",
        "if False:",
        ("tests/stripe/test_events.py",),
    ),
    Guard(
        "An event of a connected account is ignored",
        EVENTS,
        "if self.account is not None:",
        "if False:",
        ("tests/stripe/test_events.py",),
    ),
    Guard(
        "Another version of Stripe's API is counted",
        GATEWAY,
        "if event.api_version != API_VERSION:",
        "if False:",
        ("tests/stripe/test_gateway.py",),
    ),
    Guard(
        "A checkout that is over shows no secret",
        "adapters/stripe/checkouts.py",
        'values.optional_text(resource, "client_secret") if is_open else None',
        'values.optional_text(resource, "client_secret")',
        ("tests/stripe/test_gateway.py",),
    ),
    Guard(
        "No call begins that has no time to end",
        TRANSPORT,
        "with deadline.within(deadline.for_a_call(connect + read)):",
        "with deadline.within(connect + read):",
        ("tests/stripe/test_time_limits.py",),
    ),
    Guard(
        "No attempt follows for which no time is left",
        TRANSPORT,
        "return bool(wants) and deadline.remaining() > needed",
        "return bool(wants)",
        ("tests/stripe/test_time_limits.py",),
    ),
    Guard(
        "Without a queue the provider sends again",
        ERRORS,
        "    errors.QueueUnavailable: 500,\n",
        "",
        ("tests/http/test_webhooks.py",),
    ),
    Guard(
        "An event that nobody could keep is not acknowledged",
        "domain/use_cases/provider/receive_event.py",
        "            self._emit(Signal.EVENT_NOT_KEPT, event, reason)\n            raise\n",
        "            self._emit(Signal.EVENT_NOT_KEPT, event, reason)\n",
        ("tests/use_cases/provider/test_receive_event.py",),
    ),
    Guard(
        "A damaged record is not described to callers",
        ERRORS,
        "    if isinstance(error, errors.RecordUnreadable):\n        return error.sentence\n",
        "",
        ("tests/http/test_errors.py",),
    ),
    Guard(
        "No answer about a person is kept by a cache",
        BOUNDARY,
        '        "Cache-Control": "no-store",\n',
        "",
        ("tests/http/test_headers.py",),
    ),
    Guard(
        "No page guesses what an answer is",
        BOUNDARY,
        '    "X-Content-Type-Options": "nosniff",\n',
        "",
        ("tests/http/test_request_checks.py",),
    ),
    Guard(
        "The edge proves itself",
        CLIENT_ADDRESS,
        "_forwarded(headers, source) if came_through_edge(headers, secret) else source",
        "_forwarded(headers, source)",
        ("tests/http/test_request_checks.py",),
    ),
    Guard(
        "Without a secret nothing proves the edge",
        CLIENT_ADDRESS,
        "bool(secret) and hmac",
        "hmac",
        ("tests/http/test_request_checks.py",),
    ),
    Guard(
        "An idempotency key is its caller's",
        IDEMPOTENCY,
        "name=_hash(call.caller.user_id, route_name, key),",
        "name=_hash(route_name, key),",
        ("tests/http/test_idempotency.py",),
    ),
    Guard(
        "An idempotency key is its route's",
        IDEMPOTENCY,
        "name=_hash(call.caller.user_id, route_name, key),",
        "name=_hash(call.caller.user_id, key),",
        ("tests/http/test_idempotency.py",),
    ),
    Guard(
        "Fields that are not known are refused",
        PARSING,
        "forbid_extra_keys=True",
        "forbid_extra_keys=False",
        ("tests/http/test_bodies.py",),
    ),
    Guard(
        "Texts have an end",
        PARSING,
        "    if isinstance(value, str) and len(value) > _LONGEST_TEXT:\n",
        "    if False:\n",
        ("tests/http/test_bodies.py",),
    ),
    Guard(
        "An id counts whole",
        "domain/identifiers.py",
        "_ID.fullmatch(text)",
        "_ID.match(text)",
        ("tests/unit/domain/test_identifiers.py",),
    ),
    Guard(
        "No key is made of what could forge one",
        "adapters/dynamodb/keys.py",
        '    if not is_id(text):\n        raise InvalidValue("This id cannot be part of a key.")\n',
        "",
        ("tests/contracts/test_items.py",),
    ),
    Guard(
        "A cursor has one way to be written",
        CURSORS,
        "    if not is_id(last_id) or cursor_after(last_id) != cursor:\n",
        "    if not is_id(last_id):\n",
        ("tests/contracts/test_courses.py",),
    ),
    Guard(
        "A cursor names a date and an id",
        CURSORS,
        "    if _DATED.fullmatch(key) is None or cursor_after(key) != cursor:\n",
        "    if False:\n",
        ("tests/contracts/test_payment_lists.py",),
    ),
    Guard(
        "A price has no more decimals than its currency",
        "domain/money.py",
        "traps=[Inexact, InvalidOperation]",
        "traps=[InvalidOperation]",
        ("tests/unit/domain/test_money.py",),
    ),
    Guard(
        "A look-alike is no coupon code",
        "domain/coupons.py",
        "if not text.isascii() or not _CODE",
        "if not _CODE",
        ("tests/unit/domain/test_coupons.py",),
    ),
    Guard(
        "Only a verified address replaces another",
        "domain/students.py",
        "is_newer = identity.email_verified and identity",
        "is_newer = identity",
        ("tests/use_cases/student/test_student_record.py",),
    ),
    Guard(
        "A name cannot mislead whoever reads it",
        "domain/students.py",
        "    if printable(text) != text:\n",
        "    if False:\n",
        ("tests/use_cases/student/test_student_record.py",),
    ),
    Guard(
        "An invitation counts for a verified address",
        "domain/invitations.py",
        "if student.email_verified and student.email else",
        "if student.email else",
        ("tests/use_cases/student/test_enroll_by_invitation.py",),
    ),
    Guard(
        "A student pays as the customer of their own record",
        "domain/services/reservation.py",
        "customer_id=request.student.customer_at(gateway.name),",
        "customer_id=None,",
        ("tests/use_cases/student/test_enroll_by_payment.py",),
    ),
    Guard(
        "New checkouts are counted",
        "domain/services/reservation.py",
        "self.unit_of_work.commit((*reserve(session, coupon, replaces), counted))",
        "self.unit_of_work.commit(reserve(session, coupon, replaces))",
        ("tests/use_cases/student/test_enroll_by_payment.py",),
    ),
    Guard(
        "A review is decided by a person",
        "domain/payment_sync.py",
        "    if session.status is Status.REVIEW:\n        return after, AccessChange()",
        "    if False:\n        return after, AccessChange()",
        ("tests/unit/domain/test_payment_sync.py",),
    ),
    Guard(
        "More returned than received is reported",
        "domain/services/sync_payment.py",
        'self._difference("more_returned_than_received", session)',
        "pass",
        ("tests/use_cases/provider/test_sync_payment.py",),
    ),
    Guard(
        "Keys of one mode serve the stages of that mode",
        "scripts/ops/providers.py",
        '        return stripe_mode_problem(stage, live="_live_" in entries["STRIPE_SECRET_KEY"])\n',
        "        return None\n",
        ("tests/ops/test_keys.py",),
    ),
    Guard(
        "An amount is an integer",
        "adapters/stripe/values.py",
        "    if type(value) is not int:\n        raise MalformedEvent\n    return value\n",
        "    if not isinstance(value, int | float):\n        raise MalformedEvent\n    return value  # type: ignore\n",
        ("tests/stripe/test_events.py",),
    ),
    Guard(
        "A thin event is none",
        EVENTS,
        'if event.get("object") != "event":',
        'if event.get("object") not in ("event", "v2.core.event"):',
        ("tests/stripe/test_events.py",),
    ),
    Guard(
        "No price in the buyer's own currency",
        "adapters/stripe/requests.py",
        '"adaptive_pricing": {"enabled": False},',
        "",
        ("tests/stripe/test_requests.py",),
    ),
    Guard(
        "A currency of unknown decimals is not sold in",
        "domain/money.py",
        "    if value not in EXPONENTS:\n",
        "    if len(value) != 3:\n",
        ("tests/unit/domain/test_money.py",),
    ),
    Guard(
        "A percentage is at most 100",
        "domain/coupons.py",
        '            _require(self._discount_units() <= _BASIS, "A percentage is at most 100.")\n',
        "            pass\n",
        ("tests/unit/domain/test_coupons.py",),
    ),
    Guard(
        "A discount is never above the price",
        "domain/coupons.py",
        "if self.maximum_discount is not None else discount, price.amount)",
        "if self.maximum_discount is not None else discount)",
        ("tests/unit/domain/test_pricing.py",),
    ),
    # -- the second factor of the office -----------------------------------------------------------------------------
    Guard(
        "The office without an authenticator app is in no group of the office",
        SECOND_FACTOR,
        'if found is not None and "SOFTWARE_TOKEN_MFA" in found:',
        "if found is not None:",
        _FACTORS,
    ),
    Guard(
        "The office stays outside where the user pool does not say who has an app",
        SECOND_FACTOR,
        'if found is not None and "SOFTWARE_TOKEN_MFA" in found:',
        'if found is None or "SOFTWARE_TOKEN_MFA" in found:',
        _FACTORS,
    ),
    Guard(
        "Each group of the office needs an app",
        SECOND_FACTOR,
        'OFFICE = ("admin", "support", "finance")',
        'OFFICE = ("admin", "support")',
        _FACTORS,
    ),
    Guard(
        "Students are never looked up at the user pool",
        SECOND_FACTOR,
        "    if not set(groups) & set(OFFICE):\n        return event\n",
        "",
        _FACTORS,
    ),
)
