"""Administration: health in words, contacts by two people, webhooks closed, opened and pinged."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from hub.access import Official, Post
from hub.adapters.scripted import DELIVERED, LATER, ScriptedCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.directory import Endpoint, EndpointKey, carries
from hub.notice import Accepted, InDoubt, Outcome, Refused, RefusedBecause
from hub.routes.admin_contacts import hinted
from hub.routes.admin_words import came_of, health_words, steps_of
from hub.vocabulary import ContactId, EndpointId, InfoClass, Role, Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    HOST,
    LEO,
    OTHER,
    START,
    SURREY,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING

ADMIN = Official(id="admin-1", name="Noor Aziz", post=Post.ADMINISTRATOR, agency=HOST)
SECOND = Official(id="admin-2", name="Lee Fox", post=Post.ADMINISTRATOR, agency=HOST)
WHO = (LEO, CHAIR, OTHER, ADMIN, SECOND)
HOOK = "/admin/webhooks/hook-surrey"


def a_contact(story: Rosewood) -> Any:  # noqa: ANN401 - a contact of the pack
    story.people = WHO
    return next(c for c in story.tools.directory.contacts if c.agency == SURREY)


def asks(story: Rosewood, **changes: str) -> dict[str, str]:
    contact = a_contact(story)
    domain = contact.address.partition("@")[2]
    whole = {"name": contact.name, "address": f"new.desk@{domain}", "why": "Ada Byrne rang"}
    return whole | changes


# Who may


@pytest.mark.parametrize("who", [LEO, CHAIR, OTHER])
async def test_B06_who_does_not_administer_finds_no_administration(who: Official) -> None:
    async with rosewood(*OPENING) as story:
        path = f"/admin/contacts/{a_contact(story).id}"
        async with served(story) as browser:
            me = await sign_in(story, browser, who)

            assert [(await me.get(p))[0] for p in ("/admin", HOOK, path)] == [404] * 3
            posts = (HOOK, f"{HOOK}/ping", path)
            assert [(await me.post(p, {}))[0] for p in posts] == [404] * 3


async def test_B06_the_front_page_says_how_the_hub_fares_without_an_address_or_a_case() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        story.ready.append("email: nothing listens there")
        await story.register.alive("host:1:ab", {"deliver"})
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)

            status, page = await me.get("/admin")

            record = await story.record()
            assert status == 200
            assert "Mail: nothing listens there" in page
            assert "host:1:ab" in page
            assert "Lives" in page
            assert "hook-surrey" in page
            assert contact.name in page
            for word in (contact.address, CONCERN, record.concern.reference, "s" * 32):
                assert word not in page, word


async def test_B06_an_empty_hub_has_its_page() -> None:
    async with rosewood() as story:
        story.people = WHO
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)

            _, page = await me.get("/admin")
            _, changes = await me.get("/admin/changes")

            assert "This process can do all of its work" in page
            assert "No process has said that it lives" in page
            assert "none: this process signs nothing" in page
            assert "Nobody has asked for a change" in changes


# Contacts, by two people


async def test_B05_one_asks_another_agrees_and_the_new_address_is_only_asked_to_ring_us() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        path = f"/admin/contacts/{contact.id}"
        async with served(story) as browser:
            first, second = (
                await sign_in(story, browser, ADMIN),
                await sign_in(story, browser, SECOND),
            )
            _, form = await first.get(path)
            asked, _ = await first.post(path, asks(story))
            before = (await story.register.directory()).contact(ContactId(contact.id))
            (change,) = await story.register.changes()
            decide = f"/admin/changes/{change.id}"
            _, seen = await second.get(decide)
            own, refused = await first.post(decide, {"does": "agree"})
            bare, _ = await second.post(decide, {})
            agreed, _ = await second.post(decide, {"does": "agree"})
            again, _ = await second.post(decide, {"does": "agree"})
            early, _ = await second.post(decide, {"does": "verify"})

            after = (await story.register.directory()).contact(ContactId(contact.id))
            assert contact.address in form
            assert (asked, own, bare, agreed, again, early) == (303, 422, 422, 303, 422, 422)
            assert before == contact
            assert change.wanted.address in seen
            assert "The person who asked cannot be the second" in refused
            assert after is not None
            assert after.address == change.wanted.address
            assert carries(after, None) == {InfoClass.PROCESS}
            leaves = await story.leaves("contact.change.agreed")
            assert json.loads(leaves[0])["by"] == SECOND.id
            assert contact.address not in leaves[0]


async def test_B05_after_the_cooling_off_somebody_else_says_that_it_is_theirs() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        async with served(story) as browser:
            first = await sign_in(story, browser, ADMIN)
            await first.post(f"/admin/contacts/{contact.id}", asks(story))
            (change,) = await story.register.changes()
            decide = f"/admin/changes/{change.id}"
            leo = await sign_in(story, browser, LEO)
            await leo.post(decide, {"does": "agree"})
            _, cooling = await leo.get(decide)
            await story.clock.advance(timedelta(hours=24))
            leo = await sign_in(story, browser, LEO)
            _, ripe = await leo.get(decide)

            done, _ = await leo.post(decide, {"does": "verify"})

            after = (await story.register.directory()).contact(ContactId(contact.id))
            assert "may say that the new address is theirs" in cooling
            assert "Ring a number that you know already" in ripe
            assert done == 303
            assert after is not None
            assert not after.unverified


async def test_B06_a_leo_decides_by_a_hint_and_another_authority_sees_nothing_of_it() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        async with served(story) as browser:
            admin = await sign_in(story, browser, ADMIN)
            await admin.post(f"/admin/contacts/{contact.id}", asks(story))
            (change,) = await story.register.changes()
            decide = f"/admin/changes/{change.id}"
            leo, other = await sign_in(story, browser, LEO), await sign_in(story, browser, OTHER)

            _, page = await leo.get(decide)
            theirs, _ = await other.get(decide)
            posted, _ = await other.post(decide, {"does": "agree"})
            _, listed = await other.get("/admin/changes")

            assert hinted(change.wanted.address) in page
            assert change.wanted.address not in page
            assert (theirs, posted) == (404, 404)
            assert change.id not in listed


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("address", "nobody", "no address that the hub can send to"),
        ("address", "a@b.example\r\nBcc: x@y.example", "no address that the hub can send to"),
        ("address", "tel:12", "no address that the hub can send to"),
        ("name", "", "Say what it is"),
        ("why", " ", "Say why, and who told you"),
        ("why", "x" * 501, "Use at most 500 characters"),
    ],
)
async def test_B05_what_is_wrong_with_a_change_is_said_beside_its_field(
    field: str, typed: str, said: str
) -> None:
    async with rosewood() as story:
        path = f"/admin/contacts/{a_contact(story).id}"
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)

            status, page = await me.post(path, asks(story, **{field: typed}))

            assert status == 422
            assert said in page
            assert await story.register.changes() == ()


async def test_B05_one_change_of_a_contact_waits_at_a_time() -> None:
    async with rosewood() as story:
        path = f"/admin/contacts/{a_contact(story).id}"
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)

            first, _ = await me.post(path, asks(story))
            second, page = await me.post(path, asks(story))

            assert (first, second) == (303, 422)
            assert "waits already for a second person" in page
            assert "Ada Byrne rang" in page, "what was typed is kept"


# Webhooks


async def test_B05_a_webhook_is_closed_with_a_reason_and_opened_again() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)
            bare, _ = await me.post(HOOK, {"does": "close"})
            forged, _ = await me.post(HOOK, {"does": "close", "why": "asked", "token": "x"})
            closed, _ = await me.post(HOOK, {"does": "close", "why": "asked"})
            parked = (await story.register.directory()).endpoint(EndpointId("hook-surrey"))
            twice, _ = await me.post(HOOK, {"does": "close", "why": "asked"})
            _, page = await me.get(HOOK)
            opened, _ = await me.post(HOOK, {"does": "open", "why": "mended"})
            free = (await story.register.directory()).endpoint(EndpointId("hook-surrey"))
            missing, _ = await me.get("/admin/webhooks/x")

            assert (bare, forged, closed, twice, opened) == (422, 403, 303, 303, 303)
            assert missing == 404
            assert parked is not None
            assert parked.parked
            assert parked.keys, "its keys stay"
            assert "Open the webhook" in page
            assert free is not None
            assert not free.parked
            (leaf,) = await story.leaves("webhook.closed")
            assert json.loads(leaf) | {"time": ""} == {
                "type": "webhook.closed",
                "time": "",
                "webhook": "hook-surrey",
                "by": "admin-1",
                "why": "asked",
            }


async def test_B05_a_ping_goes_by_the_way_of_every_notice_and_holds_nothing_of_a_case() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        hooks = ScriptedCarrier(clock=story.clock, otherwise=DELIVERED)
        async with served(story, webhooks=hooks) as browser:
            me = await sign_in(story, browser, ADMIN)
            await me.post(HOOK, {"does": "close", "why": "asked"})

            status, page = await me.post(f"{HOOK}/ping", {})

            (carried,) = hooks.carried
            body = json.loads(carried.delivery.body)
            assert status == 200
            assert "It works" in page
            assert body["type"] == "concernhub.ping.v1"
            assert body["data"] == {}
            assert CONCERN not in carried.delivery.body.decode()
            assert (await story.register.depths()).unaccounted == 0
            (leaf,) = await story.leaves("webhook.pinged")
            assert '"by":"admin-1"' in leaf
            hook = (await story.register.directory()).endpoint(EndpointId("hook-surrey"))
            assert hook is not None
            assert hook.parked, "a ping opens nothing"


@asynccontextmanager
async def receiver(status: int) -> AsyncIterator[tuple[int, list[web.Request]]]:
    """An agency's system on loopback, that answers with this status."""
    came: list[web.Request] = []

    async def take(request: web.Request) -> web.Response:
        await request.read()
        came.append(request)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hub", take)
    runner = web.AppRunner(app)
    await runner.setup()
    door = socket.create_server(("127.0.0.1", 0))
    try:
        await web.SockSite(runner, door).start()
        yield door.getsockname()[1], came
    finally:
        await runner.cleanup()
        door.close()


@pytest.mark.parametrize(
    ("near", "status", "word", "far"),
    [
        (("127.0.0.0/8",), 204, "It works", "The ping was sent and answered."),
        (("127.0.0.0/8",), 503, "It does not take it now", "The ping was sent and answered."),
        (("10.0.0.0/8",), 204, "It refuses", "It was"),
    ],
)
async def test_B05_a_ping_by_the_real_carrier_is_signed_and_held_by_its_guard(
    near: tuple[str, ...], status: int, word: str, far: str
) -> None:
    async with rosewood() as story, receiver(status) as (port, came):
        story.people = WHO
        hook = Endpoint(
            id=EndpointId("near"),
            agency=SURREY,
            roles=frozenset({Role.PLACING_AUTHORITY}),
            url=f"http://127.0.0.1:{port}/hub",
            hosts=("127.0.0.1",),
            ports=(port,),
            private_networks=near,
            keys=(EndpointKey(id="k1", secret=b"k" * 32),),
        )
        await story.register.put_endpoint(hook)
        carrier = WebhookCarrier(clock=story.clock)
        try:
            async with served(story, webhooks=carrier) as browser:
                me = await sign_in(story, browser, ADMIN)

                answered, page = await me.post("/admin/webhooks/near/ping", {})
        finally:
            await carrier.close()

        assert answered == 200
        assert word in page
        assert far in page
        assert len(came) == (near[0] == "127.0.0.0/8")
        for request in came:
            assert request.headers["webhook-signature"].startswith("v1,")
            assert f'<dd class="govuk-summary-list__value">{status}</dd>' in page


async def test_B05_without_a_way_out_there_is_no_ping() -> None:
    async with rosewood() as story:
        story.people = WHO
        async with served(story) as browser:
            me = await sign_in(story, browser, ADMIN)

            _, page = await me.get(HOOK)
            status, _ = await me.post(f"{HOOK}/ping", {})

            assert "no way out for webhooks" in page
            assert status == 404


# In words

WIRE = (("phase", "answer"), ("tls", "TLSv1.3"), ("status", "204"), ("seconds", "0.120"))


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Accepted(at=START, detail="taken", rung=Rung.DELIVERED, evidence=WIRE), "It works"),
        (LATER, "It does not take it now"),
        (Refused(at=START, detail="gone", because=RefusedBecause.GONE), "It refuses"),
        (InDoubt(at=START, detail="no answer"), "No answer was read"),
    ],
)
def test_B05_what_came_of_a_ping_is_said_in_words(outcome: Outcome, word: str) -> None:
    said = dict(steps_of(outcome))

    assert came_of(outcome)[0] == word
    assert said["What it means"]
    assert said["How far it came"]
    if outcome.evidence == WIRE:
        assert (said["TLS"], said["Status"]) == ("TLSv1.3", "204")
        assert said["Time taken"] == "0.120 seconds"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("register: away", "The register: away"),
        ("mesh: no mailbox", "MESH: no mailbox"),
        ("something else", "something else"),
        ("odd: thing", "odd: thing"),
    ],
)
def test_B06_reasons_name_their_part_in_words(why: str, said: str) -> None:
    assert health_words(why) == said
