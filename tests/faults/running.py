"""`python -m tests.faults.running WHAT`: the whole hub in a process of its own, to be killed.

It is what `hub run` runs, but for two things that a test cannot wait for or write into a pack:
leases of seconds, and agencies whose webhooks are on loopback. `WHAT` is JSON, the fields of
`Asked`. One line on standard output says that it runs; it ends with SIGTERM, or when standard input
does: it never outlives its test.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.work import directory
from hub.app import ROLES, Made, open_hub
from hub.deliver import Deliver
from hub.directory import Directory
from hub.logs import set_up_logs
from hub.settings import Settings
from hub.vocabulary import EndpointId, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the hub is to be."""

    amqp: str
    register: str
    smtp: str
    hooks: str
    """Host and port where webhooks go."""
    folder: str
    lease: float = 4.0
    """Seconds."""
    margin: float = 1.0
    hostile: tuple[tuple[str, str], ...] = ()
    """Further webhooks of the regulator: their names, and where they are."""
    only: tuple[str, ...] = ROLES

    @property
    def settings(self) -> Settings:
        """Return the settings that say so."""
        return Settings.model_validate(
            {
                "data_dir": Path(self.folder),
                "amqp_url": self.amqp,
                "register_url": self.register,
                "smtp_url": self.smtp,
                "web_port": 0,
                "log_form": "json",
            }
        )


async def main(asked: Asked) -> None:
    """Run until told to stop."""
    deliver = partial(
        Deliver,
        lease_for=timedelta(seconds=asked.lease),
        margin=timedelta(seconds=asked.margin),
    )
    made = Made(seeds=seeds(asked), deliver=deliver)
    hub = await open_hub(asked.settings, asked.only, made)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    running = asyncio.create_task(hub.run(stop))
    sys.stdout.write("running\n")
    sys.stdout.flush()

    def leash() -> None:
        sys.stdin.read()
        with suppress(RuntimeError):  # it has ended already
            loop.call_soon_threadsafe(stop.set)

    # A thread that nobody waits for: a hub that ends by itself would else stand still, unseen.
    threading.Thread(target=leash, daemon=True).start()
    await running


def seeds(asked: Asked) -> Directory:
    """Return the directory, in which the regulator may have more webhooks than are good for it."""
    known = directory(asked.hooks)
    pattern = next(each for each in known.endpoints if Role.REGULATOR in each.roles)
    more = tuple(
        replace(pattern, id=EndpointId(name), url=url, ports=(int(urlsplit(url).port or 0),))
        for name, url in asked.hostile
    )
    return replace(known, endpoints=(*known.endpoints, *more))


if __name__ == "__main__":
    set_up_logs("json", "INFO")
    asyncio.run(main(Asked(**json.loads(sys.argv[1]))))
