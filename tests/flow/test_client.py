"""The client reads and acts as the hub's own models say, and tells what was refused whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from hub import api
from hub.access import Official
from hub.client import Client, HubUnreachable, Refused
from hub.routes.deps import WebSettings
from hub.vocabulary import AckStrength, DeclinedBecause
from tests.flow.rosewood import CONCERN, LEO, TO_THE_END, Rosewood, rosewood, served
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY, another


@asynccontextmanager
async def client_of(story: Rosewood, person: Official) -> AsyncIterator[Client]:
    key = (await key_for(story, person))["Authorization"].partition(" ")[2]
    async with Client(story.base, key) as hub:
        yield hub


async def test_a_leos_client_reads_every_page_of_its_concerns() -> None:
    async with rosewood(*OPENING) as story, served(story):
        every = {str(CONCERN), *[await another(story, number) for number in range(60)]}
        async with client_of(story, LEO) as hub:
            found = [one.id async for one in hub.list_concerns()]
            concern = await hub.read_concern(CONCERN)
            board = await hub.read_board(CONCERN)
            entries = [one.seq async for one in hub.read_timeline(CONCERN)]

    assert sorted(found) == sorted(every)
    assert concern.id == board.concern == CONCERN
    assert entries == sorted(set(entries), reverse=True)
    assert len(entries) > 30


async def test_an_agencys_client_reads_acknowledges_and_declines() -> None:
    async with rosewood(*OPENING) as story, served(story):
        await story.sent()
        notice = await alert_to_surrey(story)
        async with client_of(story, OF_SURREY) as hub:
            assert notice.id in [one.id async for one in hub.list_notices()]
            shown = await hub.read_notice(notice.id)
            said = api.Acknowledge(reference=shown.reference)
            made = await hub.acknowledge_notice(notice.id, said, once="a-1")
            again = await hub.acknowledge_notice(notice.id, said, once="a-1")
            no = api.Decline(
                reference=shown.reference, because=DeclinedBecause.WRONG_CONTACT, reason="left"
            )
            declined = await hub.decline_notice(notice.id, no, once="d-1")

    assert made == again
    assert made.strength is AckStrength.KEY
    assert declined.declined_because is DeclinedBecause.WRONG_CONTACT


async def test_what_is_refused_is_raised_whole() -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        async with client_of(story, LEO) as hub:
            with pytest.raises(Refused) as gaps:
                await hub.confirm_closure(CONCERN, api.Confirmation(), once="c-1")
            with pytest.raises(Refused) as nothing:
                await hub.read_concern("../../../healthz")
            await story.acknowledge()
            made = await hub.confirm_closure(CONCERN, api.Confirmation(), once="c-1")
        async with Client(story.base, "hubk_nobody") as stranger:
            with pytest.raises(Refused) as unknown:
                await stranger.read_board(CONCERN)

    assert gaps.value.problem.gaps
    assert (nothing.value.problem.status, unknown.value.problem.status) == (404, 401)
    assert made.by == LEO.name


async def test_one_too_many_says_when_to_come_again() -> None:
    few = WebSettings(public_url="http://hub.test", requests_a_minute=1)
    async with (
        rosewood(*OPENING) as story,
        served(story, settings=few),
        client_of(story, LEO) as hub,
    ):
        await hub.read_board(CONCERN)
        with pytest.raises(Refused) as much:
            await hub.read_board(CONCERN)

    assert much.value.wait is not None
    assert much.value.wait >= 1


async def test_what_is_no_hub_and_what_is_not_there_are_said_in_words() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("https://elsewhere.example/")

    async def a_page(_: web.Request) -> web.Response:
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_get("/v1/concerns/moved", elsewhere)
    app.router.add_get("/v1/concerns/page", a_page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with Client(f"http://{host}:{port}", "k") as hub:
            for what in ("moved", "page"):
                with pytest.raises(HubUnreachable):
                    await hub.read_concern(what)
    finally:
        await runner.cleanup()
    async with Client(f"http://{host}:{port}", "k") as hub:
        with pytest.raises(HubUnreachable):
            await hub.read_concern("x")
    with pytest.raises(HubUnreachable, match="async with"):
        await Client("http://127.0.0.1:1", "k").publish_event(b"{}")
