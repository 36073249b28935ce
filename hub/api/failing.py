"""Sending again what failed, over concerns; and the orders to do so."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hub.api.acts import Id
from hub.api.base import Instant, Model, Sent
from hub.repeat import Why

CauseNamed = Literal[
    "MAILBOX",
    "POLICY",
    "CONFIGURATION",
    "CLOSED",
    "EGRESS",
    "EXPIRED",
    "DOUBT",
    "STALLED",
    "SLOW",
    "UNKNOWN",
]


class FailedAgain(Sent):
    """Send again what failed: one delivery, or all that failed for one cause at one destination."""

    delivery: Id | None = None
    cause: CauseNamed | None = None
    target: Id | None = None
    """A mailbox or webhook, by its id in the directory."""
    why: Annotated[Why, Field(strict=False)]
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    """In your own words; needed where `why` is another reason."""
    dry_run: bool = True
    """Count, and send nothing. It is so unless `false` is said."""

    @model_validator(mode="after")
    def _one_or_a_group(self) -> Self:
        group = (self.cause is not None, self.target is not None)
        if group != ((self.delivery is None,) * 2):
            msg = "send `delivery`, or `cause` and `target` together"
            raise ValueError(msg)
        return self


class Counted(Model):
    """What becomes of how many, in words that the caller may read."""

    number: int
    says: str


class FailedAgainShown(Model):
    """What a dry run counted, or an order that the hub carries out from now on."""

    meant: int
    again: int
    counts: tuple[Counted, ...]
    order: str | None
    """Its id; null: it was a dry run, and nothing is sent."""
    ordered_at: Instant | None


class OrderShown(Model):
    """An order to send again, and how far it is."""

    id: str
    why: Why
    asked_by: str
    at: Instant
    done: int
    """How many have been looked at."""
    counts: tuple[Counted, ...]
    ended: Instant | None
    stopped_by: str | None
    """Null: nobody has stopped it."""


class OrderList(Model):
    """The orders that the caller may see: those that go on, then the newest."""

    orders: tuple[OrderShown, ...]


class OrderStopped(Model):
    """Nothing more of it is queued; what it had queued already is still sent."""

    order: str
    stopped: bool
    """False: it had ended already, and nothing has changed."""
