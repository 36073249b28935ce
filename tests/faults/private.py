"""Servers of one test alone: what is killed, filled up or starved here serves nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.servers.ground import ServerMissing, unprivileged_user
from tests.servers.postgres import Postgres, PostgresCluster
from tests.servers.rabbit import Rabbit, RabbitNode


@asynccontextmanager
async def private_rabbit() -> AsyncIterator[Rabbit]:
    """A RabbitMQ node with one virtual host."""
    node = await asyncio.to_thread(RabbitNode)
    try:
        await asyncio.to_thread(node.start)
        yield Rabbit(node, node.url, node.api_url)
    finally:
        node.resume()
        await asyncio.to_thread(node.close)


@asynccontextmanager
async def private_postgres() -> AsyncIterator[Postgres]:
    """A PostgreSQL cluster."""
    cluster = await asyncio.to_thread(PostgresCluster)
    try:
        await asyncio.to_thread(cluster.start)
        yield Postgres(cluster, cluster.url)
    finally:
        cluster.resume()
        await asyncio.to_thread(cluster.close)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes that PostgreSQL may write to. Root alone may mount one."""
    with tempfile.TemporaryDirectory(prefix="hub-small-") as name:
        disk = Path(name)
        disk.chmod(0o755)
        owner = unprivileged_user("postgres") or "root"
        options = f"size={megabytes}m,mode=0755"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", name],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode != 0:
            message = f"this test fills a disk of its own and must mount it: {mounted.stderr}"
            raise ServerMissing(message)
        try:
            subprocess.run(["chown", owner, name], check=True)
            yield disk
        finally:
            with contextlib.suppress(FileNotFoundError):
                (disk / "ballast").unlink()
            subprocess.run(["umount", "--lazy", name], check=True)


def fill(disk: Path) -> None:
    """Leave not one free block on a disk."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"\0" * 65_536)


def empty(disk: Path) -> None:
    """Give back what was taken by `fill`."""
    (disk / "ballast").unlink(missing_ok=True)
