"""Values that several requests have."""

from __future__ import annotations

from typing import Annotated, Any

from adapters.http.field_types import Keywords
from domain.changes import UNCHANGED

STAYS: Any = UNCHANGED
"""The value of a property that the request does not have."""

Limit = Annotated[int, Keywords(minimum=1)]
