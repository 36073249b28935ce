"""What every test may ask for."""

from tests.logs import logs_restored
from tests.servers.fixtures import (
    amqp_url,
    broker_url,
    covered_postgres,
    postfix,
    postgres,
    postgres_url,
    pytest_runtestloop,
    pytest_sessionfinish,
    pytest_sessionstart,
    rabbit,
    servers,
)

__all__ = [
    "amqp_url",
    "broker_url",
    "covered_postgres",
    "logs_restored",
    "postfix",
    "postgres",
    "postgres_url",
    "pytest_runtestloop",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "rabbit",
    "servers",
]
