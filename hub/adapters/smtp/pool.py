"""A small pool of connections to the relay: reused when clean, thrown away on any doubt."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from hub.adapters.smtp.classify import Phase
from hub.adapters.smtp.connection import Connection, Patience, connect
from hub.adapters.smtp.relay import Relay
from hub.adapters.smtp.trouble import Trouble

_MOST_USES: Final = 100
"""Transactions on one connection; many relays end a session after about as many."""


class Pool:
    """At most `size` connections. Cancelling a borrower at any point leaves nothing half used."""

    def __init__(
        self, relay: Relay, tls: ssl.SSLContext, *, local_name: str, size: int, patience: Patience
    ) -> None:
        self._relay = relay
        self._tls = tls
        self._local_name = local_name
        self._patience = patience
        self._places = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._closed = False

    @asynccontextmanager
    async def borrow(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        """Lend a clean connection; `fresh` opens a new one. Raises Trouble where none can be had.

        It comes back to the pool if its borrower left it clean, and is cut otherwise.
        """
        async with self._places:
            connection = await self._connection(fresh=fresh)
            try:
                yield connection
            finally:
                self._take_back(connection)

    async def probe(self) -> None:
        """Open a connection of its own and close it again. Raises Trouble."""
        patience = self._patience
        connection = await connect(self._relay, self._tls, self._local_name, within=patience.ready)
        await connection.close(within=patience.farewell)

    async def close(self) -> None:
        """End every connection, those that are lent included."""
        self._closed = True
        self._idle.clear()
        leaving = tuple(self._all)
        self._all.clear()
        await asyncio.gather(*(one.close(within=self._patience.farewell) for one in leaving))

    async def _connection(self, *, fresh: bool) -> Connection:
        self._stop_if_closed()
        while self._idle:
            connection = self._idle.pop()
            # Where one idle connection had gone, the others are not worth asking.
            if not fresh and await self._still_good(connection):
                return connection
            self._forget(connection)
        connection = await connect(
            self._relay, self._tls, self._local_name, within=self._patience.connect
        )
        self._all.add(connection)
        try:
            self._stop_if_closed()
        except Trouble:
            self._forget(connection)
            raise
        return connection

    def _stop_if_closed(self) -> None:
        if self._closed:
            raise Trouble(Phase.CONNECT, "the mail carrier is closed", ours=True)

    async def _still_good(self, connection: Connection) -> bool:
        if not connection.alive:
            return False
        rested = asyncio.get_running_loop().time() - connection.idle_since
        if rested < self._patience.idle:
            return True
        connection.clean = False
        try:
            reply = await connection.ask(Phase.EHLO, b"NOOP", within=self._patience.connect)
        except Trouble:
            return False
        except asyncio.CancelledError:
            self._forget(connection)
            raise
        connection.clean = reply.code == 250
        return connection.clean

    def _take_back(self, connection: Connection) -> None:
        connection.uses += 1
        spent = self._closed or connection.uses >= _MOST_USES
        if connection.clean and connection.alive and not spent:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        self._all.discard(connection)
        connection.drop()
