"""The peer without a framework: one handler that looks at the path."""

import base64
import json

import school


def app(event, _context):
    """Answer one request of API Gateway."""
    match event["path"]:
        case "/api/health":
            return _answer(200, {"status": "ok"})
        case "/api/courses":
            return _answer(200, school.courses())
        case "/api/enrollments":
            claims = event["requestContext"].get("authorizer", {}).get("claims")
            return _answer(*school.enroll(claims, json.loads(event["body"])["courseId"]))
        case "/api/webhooks/stripe":
            body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
            return _answer(*school.webhook(body, event["headers"]["Stripe-Signature"]))
    return _answer(404, {})


def _answer(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=float),
    }
