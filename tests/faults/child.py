"""The hub in a process of its own, to be killed: takes a folder of events in, or delivers.

`python -m tests.faults.child take|deliver REGISTER_URL FOLDER SMTP_URL WEBHOOK_URL`. Ends by
itself, with 0, when there is nothing left to take in or to deliver.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.register import open_register
from hub.adapters.shipped import read_folder, shipped
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.compose import Sender, Words, load_words
from hub.deliver import Deliver
from hub.directory import Directory, Endpoint, EndpointKey
from hub.intake import Intake
from hub.pack.load import load, load_directory
from hub.pack.rules import Pack
from hub.plan import Tools
from hub.ports import Carrier, Register
from hub.vocabulary import Channel, EndpointId, Lane, Role
from tests.faults.spool import Spool

DOMAIN: Final = "hub.test"
HOOKED: Final = ("regulator:cqc", "gss:E10000030")
"""Agencies that have a webhook beside their mailboxes."""
LEASE_FOR: Final = timedelta(seconds=4)


async def main(what: str, register_url: str, folder: str, smtp: str, webhook: str) -> None:
    """Do one part of the hub's work until nothing is left of it."""
    register = await open_register(register_url, clock=SystemClock())
    try:
        if what == "take":
            await take(register, Path(folder), webhook)
        else:
            await deliver(register, smtp)
    finally:
        await register.close()


async def take(register: Register, folder: Path, webhook: str) -> None:
    """Take everything in the folder in."""
    pack, directory, words = books()
    tools = Tools(
        pack=pack,
        directory=with_webhooks(directory, webhook),
        words=words,
        sender=Sender(
            from_name="West Sussex provider concerns",
            from_address=f"concerns@{DOMAIN}",
            message_id_domain=DOMAIN,
            public_url=f"https://{DOMAIN}",
            source=f"https://{DOMAIN}",
        ),
        mint=RandomMint(),
    )
    await register.seed(tools.directory)
    spool, stop = Spool(folder), asyncio.Event()
    intake = Intake(register, lambda _, now: replace(tools, directory=now), SystemClock(), batch=4)
    taking = asyncio.create_task(intake.run(spool.session, stop))
    await spool.emptied.wait()
    stop.set()
    await taking


@cache
def books() -> tuple[Pack, Directory, Words]:
    """Return the shipped pack and words, read once: a test's own process comes back many times."""
    sources = read_folder(shipped("policy") / "west-sussex")
    words = load_words(read_folder(shipped("message_templates"), ".md.j2"))
    return load(sources), load_directory(sources["directory.toml"]), words


def with_webhooks(directory: Directory, url: str) -> Directory:
    """Give some agencies a webhook on loopback."""
    port = int(url.rpartition(":")[2].partition("/")[0])
    hooks = tuple(
        Endpoint(
            id=EndpointId(f"hook-{number}"),
            agency=agency.id,
            roles=frozenset(Role),
            url=url,
            hosts=("127.0.0.1",),
            ports=(port,),
            private_networks=("127.0.0.0/8",),
            keys=(EndpointKey(id="k-1", secret=b"k" * 32),),
        )
        for number, agency in enumerate(a for a in directory.agencies if a.id in HOOKED)
    )
    return replace(directory, endpoints=hooks)


async def deliver(register: Register, smtp: str) -> None:
    """Deliver one at a time, so that a test knows what was under way, until nothing is left."""
    clock = SystemClock()
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: SmtpCarrier(smtp, domain=DOMAIN, key=b"v" * 32, clock=clock, size=1),
        Channel.WEBHOOK: WebhookCarrier(clock=clock),
    }
    worker = Deliver(
        register,
        carriers,
        clock,
        RandomMint(),
        worker="child",
        budgets=dict.fromkeys(Lane, 1),
        a_lease=1,
        lease_for=LEASE_FOR,
        margin=timedelta(seconds=0.2),
        poll=timedelta(seconds=0.2),
    )
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(stop))
    while await unfinished(register) and not working.done():
        await register.wake(0.1)
    stop.set()
    await working
    for carrier in carriers.values():
        await carrier.close()


async def unfinished(register: Register) -> int:
    """Return how many deliveries are not finished."""
    depths = await register.depths()
    return depths.queued + depths.leased


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
