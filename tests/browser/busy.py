"""A hub in which everything that may stand at one time stands at once, with its web in front of it.

A hold that somebody asked to release, what was refused and ordered again, a reply and a letter that
wait to be read, a message in quarantine, a corrected contact that waits, and all of it overdue.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from aiohttp import ClientSession

from hub.access import Appointment, Official, Post
from hub.adapters.scripted import ScriptedCarrier
from hub.events.envelope import Event
from hub.page import Poison
from hub.ports.sessions import KeptSession, Person
from hub.vocabulary import AgencyId, InfoClass
from tests.builders import poison_of
from tests.flow.rosewood import (
    CHAIR,
    HOST,
    LEO,
    SURREY,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_admin import asks
from tests.flow.test_answers import OPENING
from tests.flow.test_every_look import PRIVACY, STRANGER
from tests.flow.test_failed import bounce, links
from tests.flow.test_releases import GROUND, asked
from tests.flow.test_reply_confirmed import replied
from tests.flow.test_rules import knows_rules
from tests.flow.test_unclaimed import comes, desk

ADMIN: Final = Official(id="admin-1", name="Noor Aziz", post=Post.ADMINISTRATOR, agency=HOST)
SECOND: Final = Official(id="admin-2", name="Lee Fox", post=Post.ADMINISTRATOR, agency=HOST)
AUDITOR: Final = Official(id="auditor-1", name="Iris Bell", post=Post.AUDITOR, agency=HOST)
OFFICER: Final = Official(id="surrey-1", name="Ada Byrne", post=Post.AGENCY, agency=SURREY)
PROVIDER: Final = Official(
    id="provider-1", name="Moira Lane", post=Post.PROVIDER, agency=AgencyId("cqc:1-1000000001")
)
EVERYBODY: Final = (
    *(LEO, CHAIR, ADMIN, SECOND, AUDITOR, OFFICER),
    *(PROVIDER, PRIVACY, STRANGER),
)
EMERGENCY: Final = "A resident rang: nobody has come to the home tonight"
LETTER: Final = "mail-2"


@asynccontextmanager
async def busy() -> AsyncIterator[Rosewood]:
    """Serve it; nobody has opened anything yet but those who asked."""
    async with rosewood(*OPENING) as story:
        await replied(story)
        await comes(story, await desk(story), LETTER)
        await story.happens(a_hold())
        await story.story("chair-appointed", "criminal-status-declared")
        assert await bounce(story)
        async with story.register.entry() as entry:
            await entry.quarantine(a_poison(story))
        await story.clock.advance(timedelta(days=3))
        await story.register.put_session("0" * 64, a_session(story))
        known = knows_rules(story) | {"webhooks": ScriptedCarrier(clock=story.clock)}
        story.people = EVERYBODY
        async with served(story, **known) as browser:
            await ask_for_everything(story, browser)
            yield story


def a_hold() -> Event:
    """Return that everything is held from Surrey from now on."""
    return example(
        "hold-placed",
        kind="H3",
        party=SURREY,
        role="placing authority",
        classes=[str(info) for info in InfoClass],
        reason=GROUND,
    )


def a_poison(story: Rosewood) -> Poison:
    """Return a message of the authority's own system that could not be taken."""
    publisher = next(p for p in story.tools.directory.publishers if p.agency == HOST)
    body = b'{"name": "Doris Webb", "long": "' + b"w" * 400 + b'"}'
    return poison_of(publisher.id, body=body, received=story.clock.now())


def a_session(story: Rosewood) -> KeptSession:
    """Return that somebody is signed in by their organisation's account, on another machine."""
    now, post = story.clock.now(), Appointment(post=Post.LEO, agency=HOST)
    return KeptSession(
        person=Person(id="person-9", issuer="https://idp.example", subject="9", name="Ben Adeyemi"),
        posts=(post,),
        chosen=post,
        began=now,
        seen=now,
        proved=now,
    )


async def ask_for_everything(story: Rosewood, browser: ClientSession) -> None:
    """Let a release, a correction and a second sending be asked for; none of it is decided."""
    await opened_in_an_emergency(story, browser)
    me, admin = await sign_in(story, browser), await sign_in(story, browser, ADMIN)
    await asked(me)
    # The map of a pack is drawn once, and that may take longer than a browser's patience.
    status, page = await me.get("/rules/map?partnership=west-sussex")
    assert status == 200, page
    contact = next(c for c in story.tools.directory.contacts if c.agency == SURREY)
    people, path = story.people, f"/admin/contacts/{contact.id}"
    status, page = await admin.post(path, asks(story))
    # Whom that helper names may sign in is not who may here.
    story.people = people
    assert status == 303, page
    _, failed = await me.get("/failed")
    one = links(failed)[0].partition("=")[2]
    status, page = await me.post("/failed/again", {"delivery": one, "why": "LOST"})
    assert status == 303, page


async def opened_in_an_emergency(story: Rosewood, browser: ClientSession) -> None:
    """Let somebody of another authority open the concern, and read it."""
    stranger = await sign_in(story, browser, STRANGER)
    reference = (await story.record()).concern.reference
    status, page = await stranger.post(
        "/emergency-access", {"reference": reference, "reason": EMERGENCY}
    )
    assert status == 303, page
    (given,) = await story.register.emergency_access_of(STRANGER.id, STRANGER.agency)
    assert (await stranger.get(f"/emergency-access/{given.id}"))[0] == 200
