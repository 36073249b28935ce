"""What PostgreSQL alone has: sessions that others may cut off, and counters beside its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)

from hub.adapters.register.wire import Wire

_BY_INDEX: Final = {"enable_seqscan": "off", "jit": "off"}
"""A connection keeps the plans it made while the tables were small, and would read them from end to
end long after they have grown. Every hot statement has its index; what has none is read whole."""

_KEPT_ALIVE: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""A machine that is gone without a word holds no lock for longer than half a minute."""

STANDS_STILL: Final[dict[str, str]] = {"idle_in_transaction_session_timeout": "60s"}
"""A hub that stands still within a transaction (stopped, swapped out, its machine gone) would keep
its locks of concerns, and every other hub would wait for them without end."""

_ACTIVITY: Final = table(
    "pg_stat_activity",
    column("pid"),
    column("application_name"),
    column("datname"),
    column("usename"),
)


def lock_key(what: str) -> int:
    """Return the number of an advisory lock."""
    return int.from_bytes(sha256(f"concern\n{what}".encode()).digest()[:8], "big", signed=True)


def lock_keys(every: Iterable[str]) -> list[int]:
    """Return the numbers of these locks, in the one order in which they are taken."""
    return sorted({lock_key(what) for what in every})


def locking(name: str) -> Select[Any]:
    """Return the statement that takes the locks bound by this name, one after another."""
    each = func.unnest(bindparam(name, type_=ARRAY(BigInteger))).column_valued("key")
    # The lock's answer is nothing; a count of them is a value every driver can read.
    locked = select(func.pg_advisory_xact_lock(each).label("locked")).subquery()
    return select(func.count(literal_column("locked::text"))).select_from(locked)


LOCKING: Final = locking("keys")


def session_name() -> str:
    """Return a name for all connections of one opened register; no other has it."""
    return f"hub {token_hex(8)}"


def server_settings(session: str) -> dict[str, str]:
    """Return what each connection asks of the server."""
    return _BY_INDEX | _KEPT_ALIVE | STANDS_STILL | {"application_name": session}


async def cut_off(wire: Wire, sessions: Sequence[str]) -> None:
    """End every connection of these sessions: what they have not committed is undone.

    A process that was stopped in the middle of a transaction would hold its locks for as long as
    it is. When it goes on, it finds the register away for a moment and connects again.
    """
    a = _ACTIVITY.c
    theirs = (
        a.application_name == any_(bindparam(None, list(sessions), type_=ARRAY(Text))),
        a.datname == func.current_database(),
        # Of another role's we may not; the others of that role may.
        a.usename == func.current_user(),
    )
    await wire.run(select(func.pg_terminate_backend(a.pid)).where(*theirs))


async def number_on(wire: Wire, tables: Sequence[Table]) -> None:
    """Let each table be numbered on from its last row, where the database counts beside it."""
    if wire.dialect != "postgresql":
        return
    for each in tables:
        if "seq" in each.c:
            counter = func.pg_get_serial_sequence(each.name, "seq")
            last = func.max(each.c.seq)
            await wire.run(select(func.setval(counter, last)).having(last.is_not(None)))
