"""The kinds of columns that the register has, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Dialect, Integer, MetaData, Text
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


def numbered() -> Column[int]:
    """Return the order of writing. SQLite numbers only an `INTEGER PRIMARY KEY` by itself."""
    number = BigInteger().with_variant(Integer, "sqlite")
    return Column("seq", number, primary_key=True, autoincrement=True)


def words(name: str, *, null: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, nullable=null)


def moment(name: str, *, null: bool = False) -> Column[datetime]:
    """Return a column of instants."""
    return Column(name, Moment, nullable=null)


def yes_or_no(name: str) -> Column[bool]:
    """Return a column of truths."""
    return Column(name, Boolean, nullable=False)
