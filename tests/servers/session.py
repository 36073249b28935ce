"""Which servers this run of the tests needs: started together, once, and ended at its end."""

import concurrent.futures
import os
import threading
from collections.abc import Callable
from typing import Protocol, cast

from tests.servers.postfix import Postfix
from tests.servers.postgres import PostgresCluster
from tests.servers.rabbit import RabbitNode


class Server(Protocol):
    """What the session does with any server."""

    def start(self) -> None:
        """Start it and return when it is ready."""

    def close(self) -> None:
        """End it and remove what it left."""


MAKERS: dict[str, Callable[[], Server]] = {
    "rabbit": RabbitNode,
    "postgres": PostgresCluster,
    "postfix": Postfix,
}

# A fixture of this name means that the server is needed.
NEEDS = {
    "amqp_url": "rabbit",
    "broker_url": "rabbit",
    "rabbit": "rabbit",
    "postgres": "postgres",
    "postgres_url": "postgres",
    "postfix": "postfix",
}

# A server named here is not ours to start.
GIVEN = {"rabbit": "HUB_TEST_AMQP_URL", "postgres": "HUB_TEST_POSTGRES_URL"}


def given(name: str) -> str | None:
    """Return the URL of a server that the environment names instead of ours."""
    return os.environ.get(GIVEN.get(name, ""))


class Servers:
    """The servers of one run. None starts before a test that needs it is about to run."""

    def __init__(self) -> None:
        self._pool = concurrent.futures.ThreadPoolExecutor(len(MAKERS), "server-start")
        self._starting: dict[str, concurrent.futures.Future[Server]] = {}
        self._lock = threading.Lock()

    def begin(self, name: str) -> concurrent.futures.Future[Server]:
        """Start a server in the background, if it is not started."""
        with self._lock:
            if name not in self._starting:
                self._starting[name] = self._pool.submit(_start, name)
            return self._starting[name]

    def rabbit(self) -> RabbitNode:
        """Return the RabbitMQ node, started."""
        return cast("RabbitNode", self.begin("rabbit").result())

    def postgres(self) -> PostgresCluster:
        """Return the PostgreSQL cluster, started."""
        return cast("PostgresCluster", self.begin("postgres").result())

    def postfix(self) -> Postfix:
        """Return the Postfix instance, started."""
        return cast("Postfix", self.begin("postfix").result())

    def end(self) -> None:
        """End every server that was begun."""
        self._pool.shutdown()
        for starting in self._starting.values():
            if starting.exception() is None:
                starting.result().close()
        self._starting.clear()


def _start(name: str) -> Server:
    server = MAKERS[name]()
    try:
        server.start()
    except BaseException:
        server.close()
        raise
    return server
