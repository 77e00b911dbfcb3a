"""The environment of a function that is deployed for tests."""

from __future__ import annotations

ENVIRONMENT = {
    "STAGE": "test",
    "TABLE_NAME": "learnermax-education-test",
    "QUEUE_NAME": "learnermax-payment-events-test",
    "WEB_ORIGIN": "https://school.example",
    "USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
    "USER_POOL_CLIENT_ID": "client-1",
}
