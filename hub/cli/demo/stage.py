"""The demo's stage: a whole hub, a mail server, a webhook receiver, and a case system's voice."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiohttp
import orjson

from hub.access import Official, Post
from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.register import migrate
from hub.adapters.secrets import publisher_key_of
from hub.adapters.shipped import read_folder, shipped
from hub.adapters.topology import apply, publish
from hub.app import Hub, Made, open_hub
from hub.cli.demo import DemoFailed
from hub.client import Client, HubUnreachable, Refused
from hub.directory import Endpoint, EndpointKey, Publisher
from hub.pack.load import load_directory
from hub.ports import ConcernRecord
from hub.settings import Settings, read_settings
from hub.vocabulary import AgencyId, ConcernId, EndpointId, PublisherId, Role

HOST: Final = AgencyId("gss:E10000032")
HOOKED: Final = (AgencyId("gss:E10000030"), AgencyId("regulator:cqc"))
"""Surrey and CQC take webhooks beside their mailboxes."""
LEO: Final = "leo"
WITHIN: Final = 60.0
"""How long any one thing may take before the demo gives up, in seconds."""
SOURCE: Final = "https://demo.concern-hub.example/concerns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything the story is played on."""

    hub: Hub
    settings: Settings
    mail: MailCatcher
    hooks: WebhookCatcher
    http: aiohttp.ClientSession

    async def publish(self, event: dict[str, Any]) -> None:
        """Publish one event as its case system would: to the broker, or by HTTP."""
        if self.settings.amqp_url is not None:
            await self._to_broker(event, self.settings.amqp_url.get_secret_value())
            return
        publisher = next(
            p
            for p in (await self.hub.register.directory()).publishers
            if p.source == event["source"]
        )
        key = publisher_key_of(self.settings.data_dir, publisher.id) or ""
        try:
            async with Client(self.hub.url, key) as hub:
                await hub.publish_event(orjson.dumps(event))
        except (HubUnreachable, Refused) as error:
            raise DemoFailed(f"{event['type']}: {error}") from error

    async def record(self, concern: ConcernId) -> ConcernRecord:
        """Return what the register knows of the concern."""
        record = await self.hub.register.concern(concern)
        if record is None:
            raise DemoFailed(f"the register has no concern {concern}")
        return record

    async def until(self, what: str, holds: Callable[[], Any]) -> None:
        """Wait until something asynchronous holds. Raises DemoFailed with what did not come."""
        try:
            async with asyncio.timeout(WITHIN):
                while not await holds():
                    await self.hub.register.wake(0.03)
        except TimeoutError:
            raise DemoFailed(f"{what}: not within {WITHIN:.0f} s") from None

    async def _to_broker(self, event: dict[str, Any], url: str) -> None:
        user = unquote(urlsplit(url).username or "guest")
        name = event["type"].removeprefix("concernhub.").removesuffix(".v1")
        spoken = {**event, "source": SOURCE}
        await publish(url, orjson.dumps(spoken), f"demo.{name}", user_id=user)


@asynccontextmanager
async def set_stage(folder: Path, port: int) -> AsyncIterator[Stage]:
    """Start every part, and end every part whatever happens."""
    mail, hooks = MailCatcher(), WebhookCatcher()
    await mail.start()
    await hooks.start()
    stop = asyncio.Event()
    try:
        settings = _settings(folder, port, mail)
        await migrate(settings.register)
        made = _made(settings, hooks)
        if settings.amqp_url is not None:
            publishers = made.seeds.publishers if made.seeds else ()
            await apply(settings.amqp_url.get_secret_value(), [each.id for each in publishers])
        hub = await open_hub(settings, made=made)
        running = asyncio.create_task(hub.run(stop))
        try:
            await _put_hooks_right(hub, hooks)
            async with aiohttp.ClientSession() as http:
                stage = Stage(hub=hub, settings=settings, mail=mail, hooks=hooks, http=http)
                await _until_it_listens(stage, running)
                yield stage
        finally:
            stop.set()
            await running
    finally:
        await mail.stop()
        await hooks.stop()


async def _until_it_listens(stage: Stage, running: asyncio.Task[None]) -> None:
    async def alive() -> bool:
        if running.done():
            await running
        try:
            ready = f"{stage.hub.url}/readyz"
            async with stage.http.get(ready, allow_redirects=False) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await stage.until("the hub is ready", alive)


def _settings(folder: Path, port: int, mail: MailCatcher) -> Settings:
    """Take the broker and the register from the environment, and everything else from the demo."""
    given = read_settings()
    return given.model_copy(
        update={
            "data_dir": folder,
            "smtp_url": Settings(smtp_url=mail.url).smtp_url,
            "web_host": "127.0.0.1",
            "web_port": port,
            "public_url": None,
            "development_sign_in": True,
            "policy_dir": None,
            "publisher_keys": None,
        }
    )


def _made(settings: Settings, hooks: WebhookCatcher) -> Made:
    seeds = load_directory(read_folder(shipped("policy") / "west-sussex")["directory.toml"])
    seeds = replace(seeds, endpoints=tuple(_hook(agency, hooks) for agency in HOOKED))
    people = (
        Official(id=LEO, name="Amara Okafor", post=Post.LEO, agency=HOST),
        Official(id="chair", name="Helen Marsh", post=Post.CHAIR, agency=HOST),
        Official(id="officer", name="Owen Price", post=Post.AGENCY, agency=HOOKED[0]),
        Official(id="auditor", name="Iris Bell", post=Post.AUDITOR, agency=HOST),
        Official(id="privacy", name="Pia Lund", post=Post.PRIVACY_OFFICER, agency=HOST),
        Official(id="admin", name="Noor Shah", post=Post.ADMINISTRATOR, agency=HOST),
    )
    if settings.amqp_url is None:
        return Made(seeds=seeds, people=people)
    # One broker user speaks for both case systems: a broker of one's own need not know the two.
    user = PublisherId(unquote(urlsplit(settings.amqp_url.get_secret_value()).username or "guest"))
    voice = Publisher(id=user, agency=HOST, source=SOURCE, prefix="demo")
    others = tuple(p for p in seeds.publishers if p.id != user)
    return Made(
        seeds=replace(seeds, publishers=(*others, voice)),
        people=people,
        grants={user: [p.id for p in seeds.publishers if p.id != user]},
    )


def _hook(agency: AgencyId, hooks: WebhookCatcher) -> Endpoint:
    slug = agency.partition(":")[2].lower()
    return Endpoint(
        id=EndpointId(f"demo-{slug}"),
        agency=agency,
        roles=frozenset({Role.REGULATOR, Role.PLACING_AUTHORITY}),
        url=hooks.url(f"/{slug}"),
        hosts=(hooks.host,),
        ports=(hooks.port,),
        private_networks=("127.0.0.0/8",),
        keys=(EndpointKey(id=f"demo-{slug}", secret=secrets.token_bytes(32)),),
    )


async def _put_hooks_right(hub: Hub, hooks: WebhookCatcher) -> None:
    """Correct the webhooks of an earlier demo: a register that lives on has their old ports."""
    for agency in HOOKED:
        await hub.register.put_endpoint(_hook(agency, hooks))
