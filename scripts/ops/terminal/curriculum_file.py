"""A course's curriculum as a file of JSON, in the form in which the API takes and sends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adapters.http.errors import InvalidRequest
from adapters.http.request_bodies.courses import CourseTerms, SectionTerms
from adapters.http.request_parsing import read_body

_JSON = {"content-type": "application/json"}


class CurriculumFile(click.ParamType[list[SectionTerms]]):
    """A file with a list of ``{"title": ..., "lessons": [{"lessonId": ..., "title": ..., "minutes": ...}]}``."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[SectionTerms]:
        """Read the file."""
        if isinstance(value, list):
            return value
        try:
            terms = read_body(b'{"curriculum": %b}' % Path(value).read_bytes(), _JSON, CourseTerms)
        except (OSError, InvalidRequest) as error:
            self.fail(f"{value}: {error}", param, ctx)
        return terms.curriculum or []
