"""The register's tables, once, for both databases (house.md, the register).

Rows of a concern or an agency carry its id; what was told lies apart, in `body`, to be erasable.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from hub.adapters.register.climbing import obligation as obligation  # noqa: PLC0414  # as concern
from hub.adapters.register.columns import metadata, moment, numbered, words, yes_or_no
from hub.adapters.register.snapshots import concern as concern  # noqa: PLC0414  # one list of all tables

body = Table(
    "body",
    metadata,
    Column("id", Text, primary_key=True),
    words("key_id"),
    words("concern_id", null=True),
    Column("bytes", LargeBinary, nullable=False),
    words("decoded", null=True),
    words("sha256"),
)
"""`bytes` as received or rendered; `decoded` is an event's data as it was understood."""

event = Table(
    "event",
    metadata,
    numbered(),
    words("source"),
    words("id"),
    words("name"),
    words("concern_id"),
    words("partnership"),
    words("body_id"),
    words("body_sha256"),
    words("state"),
    words("why", null=True),
    moment("occurred"),
    moment("received"),
    moment("recorded"),
    moment("applied", null=True),
    UniqueConstraint("source", "id"),
    Index("ix_event_concern_id_state", "concern_id", "state"),
)

quarantine = Table(
    "quarantine",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("body_id"),
    words("headers"),
    words("publisher_id", null=True),
    words("routing_key"),
    words("faults"),
    yes_or_no("urgent"),
    words("concern_id", null=True),
    moment("received"),
    moment("recorded"),
)

decision = Table(
    "decision",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("concern_id"),
    words("agency_id"),
    words("role"),
    words("verdict"),
    words("occasion_kind"),
    words("event_source"),
    words("event_id"),
    words("event_name"),
    words("sentence"),
    words("paragraph"),
    words("rule"),
    words("pack"),
    words("shared"),
    words("held"),
    words("withheld"),
    words("whole"),
    moment("at"),
    moment("recorded"),
    Index("ix_decision_concern_id", "concern_id"),
)
"""`shared`, `held` and `withheld` are the classes; `whole` has purposes, bases and reasons too."""

notice = Table(
    "notice",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    Column("decision_id", Text, ForeignKey("decision.id"), nullable=False),
    words("concern_id"),
    words("event_id"),
    words("agency_id"),
    words("role"),
    words("template"),
    words("reference"),
    words("classes"),
    words("required"),
    words("lane"),
    words("body_id"),
    moment("reply_due", null=True),
    moment("composed"),
    moment("recorded"),
    words("subject", null=True),
    Column("revision", Integer, nullable=True),
    Index("ix_notice_concern_id", "concern_id"),
    Index("ix_notice_agency_id_seq", "agency_id", "seq"),
    Index("ix_notice_decision_id", "decision_id"),
)

delivery = Table(
    "delivery",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    Column("notice_id", Text, ForeignKey("notice.id"), nullable=False),
    words("concern_id"),
    words("agency_id"),
    words("role"),
    words("channel"),
    words("target"),
    words("dest"),
    words("lane"),
    words("classes"),
    words("body_id"),
    words("sha256"),
    words("instead_of", null=True),
    moment("due"),
    moment("recorded"),
    Index("ix_delivery_notice_id", "notice_id"),
    Index("ix_delivery_concern_id", "concern_id"),
)

delivery_queue = Table(
    "delivery_queue",
    metadata,
    numbered(),
    Column("delivery_id", Text, ForeignKey("delivery.id"), nullable=False, unique=True),
    words("lane"),
    moment("next_at"),
    Column("token", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    words("dest"),
    Column("order_key", BigInteger, nullable=False),
    Column("turn", BigInteger, nullable=False),
    words("endpoint_id", null=True),
    words("worker", null=True),
    moment("first_tried", null=True),
    yes_or_no("maybe_sent"),
    moment("replayed", null=True),
    Column("shut", Boolean, nullable=False, server_default=false()),
    # Each database knows an index for a statement's where its condition is written the same.
    Index(
        "ix_delivery_queue_due",
        *("lane", "next_at", "seq"),
        postgresql_where=text("NOT shut"),
        sqlite_where=text("shut = 0"),
    ),
    Index(
        "ix_delivery_queue_dest",
        *("lane", "dest", "next_at", "seq"),
        postgresql_where=text("shut IS NOT true"),
        sqlite_where=text("shut IS NOT 1"),
    ),
    Index(
        "ix_delivery_queue_shut",
        *("endpoint_id", "seq"),
        postgresql_where=text("shut"),
        sqlite_where=text("shut = 1"),
    ),
    Index("ix_delivery_queue_order_key", "order_key"),
)
"""Live work only. `next_at` is due time, retry time and lease expiry; `worker` is set while leased.
`order_key` stands for (lane, concern, party), `turn` for the notice: notices take turns, and the
deliveries of one notice do not wait for each other. `replayed` is when it was put
back, because somebody had it sent again. `shut`: it waits behind a closed webhook, and is
left out where what is due is looked for (`shut.py`); whether it may go, the endpoint says."""

attempt = Table(
    "attempt",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    Column("delivery_id", Text, ForeignKey("delivery.id"), nullable=False),
    words("concern_id"),
    Column("token", Integer, nullable=False),
    words("worker"),
    moment("started"),
    moment("expires"),
    moment("ended", null=True),
    words("outcome", null=True),
    words("detail", null=True),
    words("evidence", null=True),
    yes_or_no("fenced"),
    Index("ix_attempt_delivery_id", "delivery_id"),
)
"""The intent before the socket; `outcome` and what follows after it."""

stop = Table(
    "stop",
    metadata,
    Column("delivery_id", Text, ForeignKey("delivery.id"), primary_key=True),
    words("concern_id"),
    words("reason"),
    moment("at"),
    Index("ix_stop_concern_id", "concern_id"),
)

receipt = Table(
    "receipt",
    metadata,
    numbered(),
    Column("notice_id", Text, ForeignKey("notice.id"), nullable=False),
    words("concern_id"),
    words("delivery_id", null=True),
    words("attempt_id", null=True),
    words("source"),
    words("rung", null=True),
    words("setback", null=True),
    words("acknowledgement", null=True),
    Column("acknowledgement_key", Text, nullable=True, unique=True),
    words("detail"),
    words("evidence"),
    yes_or_no("fenced"),
    moment("at"),
    moment("recorded"),
    Index("ix_receipt_concern_id", "concern_id"),
    Index("ix_receipt_notice_id", "notice_id"),
    Index("ix_receipt_delivery_id", "delivery_id"),
)
"""`acknowledgement` is what a person answered; with the setback `declined`, that it is not theirs.
Its key keeps an equal answer to the same notice from being appended twice."""

hold = Table(
    "hold",
    metadata,
    Column("concern_id", Text, primary_key=True),
    Column("agency_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("info", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
)

A_LOOK = text("kind IN ('closure.exported', 'concern.seen', 'concerns.seen', 'looks.exported')")
"""Which leaves say that somebody looked at, or took out, what concerns hold. They alone are in an
index of their own: the hub's own work writes none of them."""

audit_leaf = Table(
    "audit_leaf",
    metadata,
    numbered(),
    words("concern_id", null=True),
    words("kind"),
    Column("data", LargeBinary, nullable=False),
    moment("at"),
    moment("recorded"),
    Index("ix_audit_leaf_concern_id_seq", "concern_id", "seq"),
    Index("ix_audit_leaf_looks", "at", postgresql_where=A_LOOK, sqlite_where=A_LOOK),
)

wrong_code = Table(
    "wrong_code",
    metadata,
    Column("notice_id", Text, ForeignKey("notice.id"), primary_key=True),
    Column("count", Integer, nullable=False),
    moment("last"),
)

nonce = Table(
    "nonce",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    moment("at"),
)

attestation = Table(
    "attestation",
    metadata,
    Column("concern_id", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    words("whole"),
    moment("at"),
    moment("recorded"),
)


def _listed(name: str, *more: Column[bool]) -> Table:
    """One part of the live directory; `directory_history` keeps every version of it."""
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        words("agency_id"),
        Column("version", Integer, nullable=False),
        words("whole"),
        *more,
    )


agency = _listed("agency")
contact = _listed("contact")
endpoint = _listed("endpoint", yes_or_no("parked"))
publisher = _listed("publisher")

directory_history = Table(
    "directory_history",
    metadata,
    numbered(),
    words("part"),
    words("id"),
    words("agency_id"),
    Column("version", Integer, nullable=False),
    words("whole"),
    moment("recorded"),
    UniqueConstraint("part", "id", "version"),
)
