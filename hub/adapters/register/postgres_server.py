"""What each session on PostgreSQL is told at its start, and when a connection is given up."""

from __future__ import annotations

from typing import Final

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

SESSION: Final = {
    "enable_seqscan": "off",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
}
"""A connection keeps the plans it made while the tables were small, and would read them from end to
end long after they have grown. Every hot statement has its index; what has none is read whole.

A hub that stands still within a transaction (stopped, paused with its machine, cut off without a
word) loses that transaction after a minute: others wait for its locks, and it may never go on."""

_READ_ONLY: Final = "25006"
"""SQLSTATE `read_only_sql_transaction`."""


def give_up_read_only(engine: AsyncEngine) -> None:
    """Drop every connection of a pool as soon as one of them may only read.

    Whether a session may write is settled when it begins. Connections that were made while the
    database was read-only (a fail-over, a full disk's emergency brake) stay so for as long as they
    live, and a pool keeps them: without this the register would be away until the hub is restarted.
    """

    @event.listens_for(engine.sync_engine, "handle_error")
    def _seen(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True
