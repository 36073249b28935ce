"""Runs to break things in, on servers of this test run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.work import PUBLISHER
from hub.adapters.register import migrate
from tests.faults.ground import Ground, a_run
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit


def migrated(postgres: Postgres) -> str:
    """Return the URL of a new database with the register's schema in it."""
    template = postgres.template("register", lambda url: asyncio.run(migrate(url)))
    return postgres.new_database(template)


@pytest.fixture
async def ground(tmp_path: Path, rabbit: Rabbit, postgres: Postgres) -> AsyncIterator[Ground]:
    """A run on the shared servers, for tests that break the hub and nothing else."""
    publisher = rabbit.add_user(PUBLISHER, write=".*", read=".*")
    url = migrated(postgres)
    async with a_run(tmp_path, amqp=rabbit.url, register_url=url, publisher=publisher) as run:
        yield run
