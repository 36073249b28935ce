"""What every model of the API has in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def stamped(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, such as `2027-04-15T09:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[AwareDatetime, PlainSerializer(stamped, return_type=str, when_used="json")]
"""An instant; on the wire always in UTC."""


class Model(BaseModel):
    """Frozen, and exactly its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
