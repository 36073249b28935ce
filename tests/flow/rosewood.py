"""The story of Rosewood House in a real register, with the web in front of it on loopback."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from hub.access import Official, Post
from hub.adapters.memory import SequentialMint, VirtualClock
from hub.adapters.register import open_register
from hub.adapters.shipped import read_folder, shipped
from hub.answers import Answers
from hub.compose import Sender, load_words
from hub.concern import Party
from hub.directory import Directory, Endpoint, EndpointKey
from hub.events.decode import decode
from hub.events.envelope import Event
from hub.notice import Accepted
from hub.pack.load import load, load_directory
from hub.plan import Tools, plan
from hub.ports import Completion, ConcernRecord, NoticeRecord, Register
from hub.receipt import Receipt
from hub.routes.application import build_application
from hub.routes.deps import Web, WebSettings
from hub.routes.serving import build_runner
from hub.routes.sessions import DevelopmentSignIn
from hub.routes.style import SCRIPT
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    EndpointId,
    Lane,
    NoticeId,
    Role,
    Rung,
)

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CONCERN: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0001")
START: Final = datetime(2027, 4, 15, 9, 0, tzinfo=UTC)
HOST: Final = AgencyId("gss:E10000032")
SURREY: Final = AgencyId("gss:E10000030")
CQC: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
SURREY_KEY: Final = b"s" * 32
CQC_KEY: Final = b"c" * 32

LEO: Final = Official(id="leo-1", name="Amara Okafor", post=Post.LEO, agency=HOST)
CHAIR: Final = Official(id="chair-1", name="Helen Marsh", post=Post.CHAIR, agency=HOST)
OTHER: Final = Official(id="leo-9", name="Owen Price", post=Post.LEO, agency=SURREY)

TO_THE_END: Final = (
    "concern-opened",
    "lead-agency-set",
    "placement-register-declared",
    "chair-appointed",
    "police-advice-recorded",
    "criminal-status-declared",
    "provider-informed",
    "meeting-scheduled",
    "stage-changed",
    "provider-involvement-reviewed",
    "hold-placed",
    "placement-register-amended",
    "hold-released",
    "stage-changed-findings",
    "themes-agreed",
    "police-advice-recorded-release",
    "stage-changed-quality-assurance",
    "qa-test-recorded",
    "stage-changed-closing",
    "closure-proposed",
    "closure-authorised",
)
"""Every event of the story, in order (examples/README.md)."""


def example(name: str, **changes: Any) -> Event:  # noqa: ANN401 - of any field of its data
    """Return one event of the story, with changes to its data."""
    whole = json.loads((EXAMPLES / f"{name}.json").read_text())
    whole["data"] |= changes
    event = decode(json.dumps(whole).encode(), "application/cloudevents+json", {})
    assert isinstance(event, Event), event
    return event


@dataclass(slots=True, kw_only=True)
class Rosewood:
    """A register that holds the story so far, and answers that are written into it."""

    register: Register
    clock: VirtualClock
    tools: Tools
    answers: Answers
    base: str = ""
    https: bool = False
    ready: list[str] = field(default_factory=list)
    people: tuple[Official, ...] = (LEO, CHAIR, OTHER)
    sign_in: DevelopmentSignIn | None = None
    site: web.Application | None = None
    """What is served, with all of its routes."""

    def tools_for(self, partnership: str, directory: Directory) -> Tools | None:
        """Return what plans, with the live directory."""
        return replace(self.tools, directory=directory) if partnership == "west-sussex" else None

    paths: frozenset[str] = frozenset()
    """What can be got from the web in front of it, with the names of its parameters in braces."""

    async def happens(self, *events: Event) -> None:
        """Take events in, as intake does: one page each."""
        for event in events:
            async with self.register.entry() as entry:
                await entry.take([event])
                standing = (await entry.standing([event.concern]))[event.concern]
                await entry.write(plan(standing, [event], self.tools, self.clock.now()))

    async def story(self, *names: str) -> None:
        """Take in these events of the story."""
        await self.happens(*(example(name) for name in names))

    async def sent(self, rung: Rung = Rung.RELAYED) -> None:
        """Send everything that is due, each try answered with this rung."""
        for lane in Lane:
            while leased := await self.register.lease(
                lane, limit=100, lease_for=timedelta(minutes=1), worker="w"
            ):
                now = self.clock.now()
                done = [
                    Completion(
                        leased=each,
                        outcome=Accepted(at=now, detail="250 OK", rung=rung),
                        again_at=None,
                        costs_attempt=True,
                        receipts=(
                            Receipt(
                                notice=each.delivery.notice,
                                delivery=each.delivery.id,
                                attempt=each.attempt,
                                at=now,
                                source="smtp",
                                rung=rung,
                                detail="250 2.0.0 Ok: queued",
                                evidence=(("phase", "dot"), ("code", "250")),
                            ),
                        ),
                    )
                    for each in leased
                ]
                assert all(await self.register.complete(done))

    async def record(self) -> ConcernRecord:
        """Return everything the screens show."""
        found = await self.register.concern(CONCERN)
        assert found is not None
        return found

    async def notice_to(self, party: Party, template: str) -> NoticeRecord:
        """Return the newest notice of this template to this party."""
        mine = [
            n
            for n in (await self.record()).notices
            if n.notice.party == party and n.notice.template == template
        ]
        return mine[-1]

    async def acknowledge(self, *parties: Party) -> None:
        """Let these parties (none: all) acknowledge their closure notices by code."""
        for each in (await self.record()).notices:
            notice = each.notice
            if notice.template == "closure-notice" and (not parties or notice.party in parties):
                await self.answers.acknowledge_by_code(
                    notice.id, "Sam Okoro", "Duty manager", notice.ack_code
                )

    async def leaves(self, kind: str) -> list[str]:
        """Return the log's entries of this kind, as the register keeps their bytes."""
        query = text("SELECT data FROM audit_leaf WHERE kind = :kind")
        database = self.register._database  # type: ignore[attr-defined]
        async with database.engine.connect() as connection:
            rows = await connection.execute(query, {"kind": kind})
            return [bytes(row[0]).decode() for row in rows]

    async def acknowledgements(self) -> int:
        """Return how many acknowledgements there are, of all notices."""
        if await self.register.concern(CONCERN) is None:
            return 0
        notices = (await self.record()).notices
        return sum(r.acknowledgement is not None for n in notices for r in n.receipts)


@asynccontextmanager
async def rosewood(*names: str) -> AsyncIterator[Rosewood]:
    """Open a register in memory with these events of the story in it."""
    clock = VirtualClock(START)
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    try:
        mint = SequentialMint()
        tools = _tools(mint)
        await register.seed(tools.directory)
        answers = Answers(register=register, clock=clock, mint=mint)
        made = Rosewood(register=register, clock=clock, tools=tools, answers=answers)
        await made.story(*names)
        yield made
    finally:
        await register.close()


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How many seconds a head, a body and the reading of an answer may take."""

    head: float = 10.0
    body: float = 10.0
    answer: float = 60.0


@asynccontextmanager
async def served(
    story: Rosewood,
    *,
    https: bool = False,
    path: Path | None = None,
    health_only: bool = False,
    patience: Patience = Patience(),
    unread: int | None = None,
    **changes: Any,  # noqa: ANN401 - of Web
) -> AsyncIterator[ClientSession]:
    """Serve the story on loopback (or at a Unix socket), and return a browser without a memory.

    `https` says what people see in front of the hub; the socket itself is plain. `unread`: how many
    bytes of what nobody reads the system keeps at most (SO_SNDBUF, which it rounds up).
    """
    door = socket.create_server(("127.0.0.1", 0))
    if unread is not None:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, unread)
    story.base = f"http://127.0.0.1:{door.getsockname()[1]}"
    story.https = https
    story.sign_in = DevelopmentSignIn(people=story.people)

    async def reasons() -> tuple[str, ...]:
        return tuple(story.ready)

    deps = Web(
        register=story.register,
        answers=story.answers,
        clock=story.clock,
        settings=WebSettings(
            public_url=story.base.replace("http:", "https:") if https else story.base,
            head_seconds=patience.head,
            body_seconds=patience.body,
            answer_seconds=patience.answer,
        ),
        sign_in=story.sign_in,
        readiness=reasons,
        metrics=CollectorRegistry(),
        tools_for=story.tools_for,
    )
    site_of = build_application(replace(deps, **changes), health_only=health_only)
    story.site = site_of
    story.paths = frozenset(
        route.resource.canonical
        for route in site_of.router.routes()
        if route.method == "GET" and route.resource is not None
    )
    runner = build_runner(site_of, shutdown_seconds=1)
    await runner.setup()
    site = web.UnixSite(runner, str(path)) if path else web.SockSite(runner, door)
    try:
        await site.start()
        async with ClientSession(story.base, cookie_jar=DummyCookieJar()) as browser:
            yield browser
    finally:
        await runner.cleanup()
        door.close()


SAME: Final = {"Sec-Fetch-Site": "same-origin"}


def without_our_script(page: str) -> str:
    """Return a page without the one script that keeps it fresh, if it runs that."""
    return page.replace(f'<script src="{SCRIPT.path}" defer></script>', "", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A browser in which somebody is signed in."""

    browser: ClientSession
    cookie: str
    token: str

    async def get(self, path: str) -> tuple[int, str]:
        """Open a page."""
        async with self.browser.get(
            path, headers={"Cookie": self.cookie}, allow_redirects=False
        ) as got:
            return got.status, await got.text()

    async def post(
        self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Send a form from our own page, with the session's token."""
        async with self.browser.post(
            path,
            data={"token": self.token} | fields,
            headers={"Cookie": self.cookie} | (SAME if headers is None else headers),
            allow_redirects=False,
        ) as got:
            return got.status, await got.text()


async def sign_in(story: Rosewood, browser: ClientSession, who: Official = LEO) -> SignedIn:
    """Sign this person in."""
    async with browser.post(
        "/sign-in", data={"person": who.id}, headers=SAME, allow_redirects=False
    ) as got:
        assert got.status == 303, await got.text()
        cookie = got.headers["Set-Cookie"].partition(";")[0]
    assert story.sign_in is not None
    session = await story.sign_in.session(cookie.partition("=")[2], story.clock.now())
    assert session is not None
    return SignedIn(browser=browser, cookie=cookie, token=session.form_token)


def signed(
    notice: NoticeId,
    agency: AgencyId = SURREY,
    *,
    key: bytes = SURREY_KEY,
    nonce: str = "msg_1",
    at: datetime = START,
    **body: str,
) -> tuple[bytes, dict[str, str]]:
    """Return a signed acknowledgement as an agency's system makes it (Standard Webhooks v1)."""
    said = {"notice": notice, "agency": agency, "name": "Ada Byrne", "role": "Duty manager"}
    content = json.dumps(said | body).encode()
    return content, signature_of(content, key=key, nonce=nonce, at=at)


def signature_of(
    content: bytes, *, key: bytes = SURREY_KEY, nonce: str = "msg_1", at: datetime = START
) -> dict[str, str]:
    """Return the three headers of Standard Webhooks v1 for these bytes."""
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(key, f"{nonce}.{seconds}.".encode() + content, sha256)
    return {
        "webhook-id": nonce,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


async def body_of(response: ClientResponse) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON of a response, whatever kind of JSON it is."""
    return json.loads(await response.read())


def _tools(mint: SequentialMint) -> Tools:
    return replace(_read_once(), mint=mint)


@cache
def _read_once() -> Tools:
    sources = read_folder(shipped("policy") / "west-sussex")
    directory: Directory = load_directory(sources["directory.toml"])
    hooks = (
        _hook("hook-surrey", SURREY, SURREY_KEY),
        _hook("hook-cqc", CQC.agency, CQC_KEY),
    )
    return Tools(
        pack=load(sources),
        directory=replace(directory, endpoints=hooks),
        words=load_words(read_folder(shipped("message_templates"), ".md.j2")),
        sender=Sender(
            from_name="Safeguarding provider concerns",
            from_address="concerns@hub.example",
            message_id_domain="hub.example",
            public_url="https://hub.example",
            source="https://hub.example",
        ),
        mint=SequentialMint(),
    )


def _hook(name: str, agency: AgencyId, key: bytes) -> Endpoint:
    return Endpoint(
        id=EndpointId(name),
        agency=agency,
        roles=frozenset(Role),
        url=f"https://{name}.example/concerns",
        hosts=(f"{name}.example",),
        keys=(EndpointKey(id="k1", secret=key),),
    )
