"""Celery in the benchmark tells the same five as the hub does, and never outlives the run."""

import asyncio
import json
import os
import select
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.ground import Side, Sinks, until_count
from bench.processes import family
from bench.work import PUBLISHER, TOLD, Voice
from hub.adapters.topology import apply
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit

WITHIN = 60
"""Seconds on a machine that has much else to do."""


@asynccontextmanager
async def started(*words: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words, stdin=pipe, stdout=pipe, stderr=errors
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def celery(rabbit: Rabbit, register: str, folder: Path) -> AsyncIterator[tuple[Side, Sinks]]:
    voice = await Voice.open(rabbit.add_user(PUBLISHER, write=".*", read=".*"))
    await apply(rabbit.url, [PUBLISHER])
    async with started("bench.sinks", log=folder / "sinks.log") as sinking:
        assert sinking.stdout is not None
        mail, hooks = (await sinking.stdout.readline()).split()
        sinks = Sinks(sinking, f"smtp://127.0.0.1:{int(mail)}", f"127.0.0.1:{int(hooks)}", folder)
        asked = {
            "amqp": rabbit.url,
            "register": register,
            "smtp": sinks.smtp,
            "hooks": sinks.hooks,
            "folder": str(folder),
        }
        log = folder / "side.log"
        async with started("bench.sides", "celery", json.dumps(asked), log=log) as process:
            side = Side("celery", process, log, voice, register, [])
            await side.hear()
            yield side, sinks
    await voice.close()


def ended(process: int, within: float) -> bool:
    """Whether a process that is none of our children ends in this time."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within)[0])
    finally:
        os.close(handle)


async def test_celery_tells_the_same_five_and_keeps_a_result_of_each(
    rabbit: Rabbit, postgres: Postgres, tmp_path: Path
) -> None:
    register = postgres.new_database()

    async with celery(rabbit, register, tmp_path) as (side, sinks):
        sent = await side.voice.all_at_once(2)
        await until_count(sinks, side, 2 * TOLD, WITHIN)
        came = await sinks.take()
        workers = family(side.process.pid)[1:]
        await side.end()

    assert len({(reference, reader) for reference, reader, *_ in came}) == len(came) == 2 * TOLD
    assert {reference for reference, *_ in came} == {one.reference for one in sent}
    kept = postgres.sql("SELECT status, count(*) FROM celery_taskmeta GROUP BY 1", url=register)
    assert kept == [{"status": "SUCCESS", "count": 2 * TOLD}]
    assert all(ended(worker, WITHIN) for worker in workers)


async def test_celerys_workers_end_even_where_the_benchmark_is_killed(
    rabbit: Rabbit, postgres_url: str, tmp_path: Path
) -> None:
    async with celery(rabbit, postgres_url, tmp_path) as (side, _):
        workers = family(side.process.pid)[1:]

        side.process.kill()
        await side.process.wait()

        assert len(workers) >= 4  # two wardens, two workers
        assert all(ended(worker, WITHIN) for worker in workers)
