"""What every test may ask for."""

from tests.logs import logs_restored
from tests.servers.fixtures import (
    amqp_url,
    broker_url,
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
