"""The fixtures through which tests ask for servers; `tests/conftest.py` exports them."""

import os
from collections.abc import Iterator

import pytest

from tests.servers.postfix import Postfix
from tests.servers.postgres import Postgres, PostgresCluster
from tests.servers.rabbit import Rabbit
from tests.servers.session import NEEDS, Servers, given

_SERVERS = pytest.StashKey[Servers]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Give the session its (yet unstarted) servers."""
    session.config.stash[_SERVERS] = Servers()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Begin to start what the chosen tests need, all together, while other tests run."""
    if session.config.option.collectonly:
        return
    asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for server in sorted({NEEDS[name] for name in asked if name in NEEDS}):
        if given(server) is None:
            session.config.stash[_SERVERS].begin(server)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what was started."""
    session.config.stash[_SERVERS].end()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """All servers of this run."""
    return pytestconfig.stash[_SERVERS]


@pytest.fixture(scope="session")
def amqp_url(servers: Servers) -> str:
    """RabbitMQ's default virtual host, shared by all tests of the run."""
    return given("rabbit") or servers.rabbit().url


@pytest.fixture
def rabbit(servers: Servers) -> Iterator[Rabbit]:
    """RabbitMQ with a virtual host of this test's own; the test may stop, kill or pause it."""
    url = given("rabbit")
    if url is not None:
        rabbit = Rabbit(None, url, os.environ.get("HUB_TEST_RABBIT_API"))
    else:
        node = servers.rabbit()
        rabbit = Rabbit(node, node.url, node.api_url)
    yield rabbit
    rabbit.close()


@pytest.fixture
def broker_url(rabbit: Rabbit) -> str:
    """The URL of a virtual host of this test's own."""
    return rabbit.url


@pytest.fixture
def postgres(servers: Servers) -> Iterator[Postgres]:
    """PostgreSQL, to make databases in; the test may stop, kill or pause it."""
    url = given("postgres")
    if url is not None:
        postgres = Postgres(None, url)
    else:
        cluster = servers.postgres()
        postgres = Postgres(cluster, cluster.url)
    yield postgres
    postgres.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of an empty database of this test's own."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def covered_postgres() -> Iterator[PostgresCluster]:
    """A cluster of its own that takes no connection but under TLS."""
    cluster = PostgresCluster(covered=True)
    cluster.start()
    yield cluster
    cluster.close()


@pytest.fixture
def postfix(servers: Servers) -> Iterator[Postfix]:
    """A mail server with empty mailboxes; the test may stop, kill or pause it."""
    postfix = servers.postfix()
    postfix.put_right()
    yield postfix
    postfix.put_right()
