"""The register's tables, once, for both databases (house.md, the register).

Rows of a concern or an agency carry its id. What people wrote or were told lies in `body`, apart,
under a key id, so that it can be erased while the record that it was told stays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An instant in UTC, aware both ways: `timestamptz`, or whole microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give integers to SQLite: they compare as instants do, which its texts may not."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Refuse what has no zone; it would be an instant nobody can name."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time without a zone"
            raise ValueError(msg)
        if dialect.name == "sqlite":
            return (value - _EPOCH) // _MICROSECOND
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: object,
        dialect: Dialect,  # noqa: ARG002  # the base class asks for it
    ) -> datetime | None:
        """Give every instant in UTC."""
        match value:
            case None:
                return None
            case int():
                return _EPOCH + value * _MICROSECOND
            case datetime():
                return value.astimezone(UTC)
            case _:
                raise TypeError(type(value).__name__)


metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _seq() -> Column[int]:
    """The order of writing. SQLite numbers only an `INTEGER PRIMARY KEY` by itself."""
    number = BigInteger().with_variant(Integer, "sqlite")
    return Column("seq", number, primary_key=True, autoincrement=True)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _moment(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=null)


def _yes_or_no(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


body = Table(
    "body",
    metadata,
    Column("id", Text, primary_key=True),
    _text("key_id"),
    _text("concern_id", null=True),
    Column("bytes", LargeBinary, nullable=False),
    _text("decoded", null=True),
    _text("sha256"),
)
"""`bytes` as received or rendered; `decoded` is an event's data as it was understood."""

event = Table(
    "event",
    metadata,
    _seq(),
    _text("source"),
    _text("id"),
    _text("name"),
    _text("concern_id"),
    _text("partnership"),
    _text("body_id"),
    _text("body_sha256"),
    _text("state"),
    _text("why", null=True),
    _moment("occurred"),
    _moment("received"),
    _moment("recorded"),
    _moment("applied", null=True),
    UniqueConstraint("source", "id"),
    Index("ix_event_concern_id_state", "concern_id", "state"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    _text("body_id"),
    _text("headers"),
    _text("publisher_id", null=True),
    _text("routing_key"),
    _text("faults"),
    _yes_or_no("urgent"),
    _text("concern_id", null=True),
    _moment("received"),
    _moment("recorded"),
)

concern = Table(
    "concern",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    _text("snapshot", null=True),
    _text("host_authority", null=True),
    _moment("opened", null=True),
    _moment("recorded"),
    Index("ix_concern_opened", "opened"),
)

decision = Table(
    "decision",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    _text("concern_id"),
    _text("agency_id"),
    _text("role"),
    _text("verdict"),
    _text("occasion_kind"),
    _text("event_source"),
    _text("event_id"),
    _text("event_name"),
    _text("sentence"),
    _text("paragraph"),
    _text("rule"),
    _text("pack"),
    _text("shared"),
    _text("held"),
    _text("withheld"),
    _text("whole"),
    _moment("at"),
    _moment("recorded"),
    Index("ix_decision_concern_id", "concern_id"),
)
"""`shared`, `held` and `withheld` are the classes; `whole` has purposes, bases and reasons too."""

notice = Table(
    "notice",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    Column("decision_id", Text, ForeignKey("decision.id"), nullable=False),
    _text("concern_id"),
    _text("event_id"),
    _text("agency_id"),
    _text("role"),
    _text("template"),
    _text("reference"),
    _text("classes"),
    _text("required"),
    _text("lane"),
    _text("body_id"),
    _moment("reply_due", null=True),
    _moment("composed"),
    _moment("recorded"),
    Index("ix_notice_concern_id", "concern_id"),
    Index("ix_notice_decision_id", "decision_id"),
)

delivery = Table(
    "delivery",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    Column("notice_id", Text, ForeignKey("notice.id"), nullable=False),
    _text("concern_id"),
    _text("agency_id"),
    _text("role"),
    _text("channel"),
    _text("target"),
    _text("dest"),
    _text("lane"),
    _text("classes"),
    _text("body_id"),
    _text("sha256"),
    _text("instead_of", null=True),
    _moment("due"),
    _moment("recorded"),
    Index("ix_delivery_notice_id", "notice_id"),
    Index("ix_delivery_concern_id", "concern_id"),
)

delivery_queue = Table(
    "delivery_queue",
    metadata,
    _seq(),
    Column("delivery_id", Text, ForeignKey("delivery.id"), nullable=False, unique=True),
    _text("lane"),
    _moment("next_at"),
    Column("token", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    _text("dest"),
    Column("order_key", BigInteger, nullable=False),
    Column("turn", BigInteger, nullable=False),
    _text("endpoint_id", null=True),
    _text("worker", null=True),
    _moment("first_tried", null=True),
    _yes_or_no("maybe_sent"),
    Index("ix_delivery_queue_lane_next_at", "lane", "next_at"),
    Index("ix_delivery_queue_order_key", "order_key", "lane"),
)
"""Live work only. `next_at` is due time, retry time and lease expiry; `worker` is set while leased.
`order_key` stands for (concern, party), `turn` for the notice: notices take turns, the deliveries
of one notice do not wait for each other."""

attempt = Table(
    "attempt",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    Column("delivery_id", Text, ForeignKey("delivery.id"), nullable=False),
    _text("concern_id"),
    Column("token", Integer, nullable=False),
    _text("worker"),
    _moment("started"),
    _moment("expires"),
    _moment("ended", null=True),
    _text("outcome", null=True),
    _text("detail", null=True),
    _text("evidence", null=True),
    _yes_or_no("fenced"),
    Index("ix_attempt_delivery_id", "delivery_id"),
)
"""The intent before the socket; `outcome` and what follows after it."""

stop = Table(
    "stop",
    metadata,
    Column("delivery_id", Text, ForeignKey("delivery.id"), primary_key=True),
    _text("concern_id"),
    _text("reason"),
    _moment("at"),
    Index("ix_stop_concern_id", "concern_id"),
)

receipt = Table(
    "receipt",
    metadata,
    _seq(),
    Column("notice_id", Text, ForeignKey("notice.id"), nullable=False),
    _text("concern_id"),
    _text("delivery_id", null=True),
    _text("attempt_id", null=True),
    _text("source"),
    _text("rung", null=True),
    _text("setback", null=True),
    _text("acknowledgement", null=True),
    Column("acknowledgement_key", Text, nullable=True, unique=True),
    _text("detail"),
    _text("evidence"),
    _yes_or_no("fenced"),
    _moment("at"),
    _moment("recorded"),
    Index("ix_receipt_concern_id", "concern_id"),
    Index("ix_receipt_notice_id", "notice_id"),
    Index("ix_receipt_delivery_id", "delivery_id"),
)

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

obligation = Table(
    "obligation",
    metadata,
    _seq(),
    Column("id", Text, nullable=False, unique=True),
    _text("concern_id"),
    _text("kind"),
    _text("agency_id"),
    _text("role"),
    _text("key"),
    _text("notice_id", null=True),
    _text("delivery_id", null=True),
    _text("required", null=True),
    _text("says"),
    _moment("due"),
    _moment("opened"),
    _moment("discharged", null=True),
    Index(
        "uq_obligation_open",
        "concern_id",
        "kind",
        "key",
        unique=True,
        postgresql_where=text("discharged IS NULL"),
        sqlite_where=text("discharged IS NULL"),
    ),
)
"""At most one open obligation for each (concern, kind, key)."""

audit_leaf = Table(
    "audit_leaf",
    metadata,
    _seq(),
    _text("concern_id", null=True),
    _text("kind"),
    Column("data", LargeBinary, nullable=False),
    _moment("at"),
    _moment("recorded"),
)

wrong_code = Table(
    "wrong_code",
    metadata,
    Column("notice_id", Text, ForeignKey("notice.id"), primary_key=True),
    Column("count", Integer, nullable=False),
    _moment("last"),
)

nonce = Table(
    "nonce",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    _moment("at"),
)

attestation = Table(
    "attestation",
    metadata,
    Column("concern_id", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _text("whole"),
    _moment("at"),
    _moment("recorded"),
)


def _listed(name: str, *more: Column[bool]) -> Table:
    """One part of the live directory; `directory_history` keeps every version of it."""
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        _text("agency_id"),
        Column("version", Integer, nullable=False),
        _text("whole"),
        *more,
    )


agency = _listed("agency")
contact = _listed("contact")
endpoint = _listed("endpoint", _yes_or_no("parked"))
publisher = _listed("publisher")

directory_history = Table(
    "directory_history",
    metadata,
    _seq(),
    _text("part"),
    _text("id"),
    _text("agency_id"),
    Column("version", Integer, nullable=False),
    _text("whole"),
    _moment("recorded"),
    UniqueConstraint("part", "id", "version"),
)
