"""The peer with FastAPI and Mangum."""

from typing import Any

import school
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from mangum import Mangum
from pydantic import BaseModel

api = FastAPI()


class Enrollment(BaseModel):
    """The body of an enrollment."""

    courseId: str  # noqa: N815 - the name in the API


@api.get("/api/health")
def health() -> dict[str, str]:
    """It runs."""
    return {"status": "ok"}


@api.get("/api/courses")
def courses() -> list[dict[str, Any]]:
    """The catalogue."""
    return school.courses()


@api.post("/api/enrollments")
def enroll(body: Enrollment, request: Request) -> JSONResponse:
    """Enroll, or open a checkout."""
    claims = request.scope["aws.event"]["requestContext"].get("authorizer", {}).get("claims")
    if claims is None:
        return JSONResponse({"error": "Unauthorized"}, 401)
    status, answer = school.enroll(claims, body.courseId)
    return JSONResponse(answer, status)


@api.post("/api/webhooks/stripe")
async def webhook(request: Request) -> JSONResponse:
    """Stripe's events."""
    status, answer = school.webhook(await request.body(), request.headers["stripe-signature"])
    return JSONResponse(answer, status)


app = Mangum(api, lifespan="off")
