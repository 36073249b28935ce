"""A private PostgreSQL cluster, and a fresh database of it for each test."""

import asyncio
import concurrent.futures
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.servers.ground import (
    ServerBroken,
    ServerMissing,
    day_of_the_run,
    find,
    free_port,
    new_home,
    remove_home,
    unprivileged_user,
)
from tests.servers.papers import papers
from tests.servers.warden import Leash

_BIN = "/usr/lib/postgresql/*/bin"
_USER = "hub"
T = TypeVar("T")

# Safe against the death of any process, not of the machine: what the tests need, and quick.
_CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{home}'
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
timezone = 'UTC'
log_min_messages = warning
"""


# Not for every cluster: the driver covers each connection where it may, and that is dear.
_COVERED = """
ssl = on
ssl_cert_file = '{home}/server.pem'
ssl_key_file = '{home}/server.pem'
ssl_ca_file = '{home}/authority.pem'
"""
_UNDER_TLS_ALONE = f"""
local all all trust
hostssl all {_USER} 127.0.0.1/32 trust
hostssl all all 127.0.0.1/32 cert
"""


class PostgresCluster:
    """One PostgreSQL cluster of our own on a free loopback port."""

    def __init__(self, *, covered: bool = False) -> None:
        """`covered`: it takes no connection but under TLS, which `papers.authority` vouches for."""
        variable = "HUB_TEST_POSTGRES_URL"
        server = find("postgres", _BIN, package="postgresql", variable=variable)
        initdb = find("initdb", _BIN, package="postgresql", variable=variable)
        self.port = free_port()
        self.home = new_home("postgres")
        self.papers = papers(self.home, "127.0.0.1") if covered else None
        self._user = unprivileged_user("postgres")
        self._data = self.home / "data"
        if self._user is not None:
            for each in (self.home, *self.home.iterdir()):
                shutil.chown(each, self._user)
        self._init(str(initdb))
        self._server = Leash(
            [server, "-D", self._data],
            ready="database system is ready to accept connections",
            log=self.home / "postgres.log",
            env=day_of_the_run() | {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            user=self._user,
            stop_signal=signal.SIGINT,
        )

    @property
    def url(self) -> str:
        """The URL of the maintenance database."""
        return f"postgresql+asyncpg://{_USER}@127.0.0.1:{self.port}/postgres"

    @property
    def running(self) -> bool:
        """Whether the cluster's first process lives."""
        return self._server.running

    def start(self) -> None:
        """Start the cluster, or start it again with the data it had.

        After a kill the orphaned backends need a moment to notice; until then a start is refused.
        """
        for last in (False,) * 20 + (True,):
            try:
                self._server.start()
            except ServerBroken:
                if last:
                    raise
                threading.Event().wait(0.2)
            else:
                return

    def stop(self) -> None:
        """Shut the cluster down; connections are cut, nothing committed is lost."""
        self._server.stop()

    def kill(self) -> None:
        """End the cluster at once."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze the first process: who is connected goes on, nobody new is let in."""
        self._server.pause()

    def resume(self) -> None:
        """Let a frozen first process go on."""
        self._server.resume()

    def close(self) -> None:
        """End everything and remove the data."""
        self._server.kill()
        remove_home(self.home)

    def _init(self, initdb: str) -> None:
        options = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            [initdb, "-D", self._data, "-U", _USER, *options],
            user=self._user,
            extra_groups=None if self._user is None else [],
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"initdb: {done.stdout}{done.stderr}"
            raise ServerBroken(message)
        conf = _CONF.format(port=self.port, home=self.home)
        if self.papers is not None:
            self.papers.chain.chmod(0o600)
            conf += _COVERED.format(home=self.home)
            (self._data / "pg_hba.conf").write_text(_UNDER_TLS_ALONE)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(conf)


class Postgres:
    """What one test sees of PostgreSQL: fresh databases, and the cluster's fate."""

    _numbers = itertools.count(1)
    _run = secrets.token_hex(3)
    _templates: dict[tuple[str, str], str] = {}  # noqa: RUF012  (one for the session, on purpose)

    def __init__(self, cluster: PostgresCluster | None, url: str) -> None:
        self._cluster = cluster
        self._maintenance = url
        self._made: list[str] = []

    @property
    def cluster(self) -> PostgresCluster:
        """The cluster, where it is ours to stop."""
        if self._cluster is None:
            message = "this test stops or steers PostgreSQL: unset HUB_TEST_POSTGRES_URL to run it"
            raise ServerMissing(message)
        return self._cluster

    def new_database(self, template: str | None = None) -> str:
        """Make a database, a copy of the template if one is named, and return its URL."""
        name = f"hub_test_{self._run}_{next(self._numbers)}"
        of = f' TEMPLATE "{template}"' if template else ""
        self.sql(f'CREATE DATABASE "{name}"{of}')
        self._made.append(name)
        return self._url_of(name)

    def template(self, name: str, prepare: Callable[[str], object]) -> str:
        """Return a database to copy from, made once a session by `prepare(url)`.

        Migrating once and copying is many times quicker than migrating for each test. `prepare`
        must leave no connection open.
        """
        key = (self._maintenance, name)
        if key not in self._templates:
            database = f"hub_template_{self._run}_{len(self._templates)}"
            self.sql(f'CREATE DATABASE "{database}"')
            in_a_thread_of_its_own(lambda: prepare(self._url_of(database)))
            self._templates[key] = database
        return self._templates[key]

    def sql(self, statement: str, *, url: str | None = None) -> list[dict[str, object]]:
        """Run one statement outside any transaction and return its rows."""
        target = (url or self._maintenance).replace("postgresql+asyncpg://", "postgresql://", 1)

        async def run() -> list[dict[str, object]]:
            connection = await asyncpg.connect(target, timeout=30)
            try:
                return [dict(row) for row in await connection.fetch(statement)]
            finally:
                await connection.close()

        return in_a_thread_of_its_own(lambda: asyncio.run(run()))

    def cut_connections(self) -> int:
        """Cut each connection to the databases of this test; return how many there were."""
        names = ", ".join(f"'{name}'" for name in self._made) or "''"
        rows = self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608  (own names)
            f"WHERE datname IN ({names}) AND pid <> pg_backend_pid()"
        )
        return len(rows)

    def stop(self) -> None:
        """Shut the cluster down."""
        self.cluster.stop()

    def start(self) -> None:
        """Start the cluster again; returns when it is ready."""
        self.cluster.start()

    def kill(self) -> None:
        """End the cluster at once."""
        self.cluster.kill()

    def pause(self) -> None:
        """Freeze the cluster's first process."""
        self.cluster.pause()

    def resume(self) -> None:
        """Let the frozen process go on."""
        self.cluster.resume()

    def close(self) -> None:
        """Put the cluster right if the test left it stopped, and drop what the test made."""
        if self._cluster is not None:
            self._cluster.resume()
            self._cluster.start()
        for name in self._made:
            self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self._maintenance)._replace(path=f"/{database}"))


def in_a_thread_of_its_own(work: Callable[[], T]) -> T:
    """Run what may start an event loop of its own, whether or not one runs here."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
