"""Everybody sees where they are signed in, and ends what they do not know; nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from hub.routes.sessions import PROVED_FOR, hashed
from tests.flow.rosewood import CHAIR, LEO, SignedIn, rosewood, served, sign_in
from tests.flow.test_sign_in_there import is_in, scene

OWN: Final = "/my-sessions"
OTHERS: Final = re.compile(r'name="which"[^>]*value="([0-9a-f]{16})"')


async def here(me: SignedIn) -> bool:
    return (await me.get("/figures"))[0] == 200


async def test_B06_a_person_sees_every_session_of_theirs_and_ends_one() -> None:
    async with scene() as on:
        here_, there = on.browser, on.another()
        await there.signs_in()
        on.story.clock._now += timedelta(minutes=1)
        await here_.signs_in()

        _, _, page = await here_.get(OWN)
        assert "2 sessions, the last seen first" in page
        assert page.count("(this one)") == 1
        (handle,) = OTHERS.findall(page)
        assert hashed(there.cookies["hub"]) not in page
        status, led, _ = await here_.post(OWN, {"which": handle})

        assert (status, led) == (303, f"{OWN}?ended=yes")
        assert not await is_in(there)
        assert await is_in(here_)
        (leaf,) = await on.story.leaves("sessions.ended")
        assert '"why":"own"' in leaf
        _, _, page = await here_.get(OWN)
        assert "You are signed in nowhere else" in page


async def test_B06_a_person_ends_all_of_their_other_sessions_at_once() -> None:
    async with scene() as on:
        others = [on.another(), on.another()]
        for browser in (*others, on.browser):
            await browser.signs_in()

        await on.browser.post(OWN, {"which": "all"})

        assert [await is_in(browser) for browser in others] == [False, False]
        assert await is_in(on.browser)


async def test_B06_ending_ones_sessions_asks_again_who_it_is() -> None:
    async with scene() as on:
        there = on.another()
        await there.signs_in()
        await on.browser.signs_in()
        on.story.clock._now += PROVED_FOR + timedelta(seconds=1)

        status, led, _ = await on.browser.post(OWN, {"which": "all"})

        assert (status, led) == (303, "/sign-in/again?to=/my-sessions")
        assert await is_in(there)
        assert await on.story.leaves("sessions.ended") == []


async def test_B06_nobody_sees_or_ends_a_session_of_somebody_else() -> None:
    async with rosewood() as story, served(story) as browser:
        mine, again = [await sign_in(story, browser) for _ in range(2)]
        theirs = await sign_in(story, browser, CHAIR)
        (handle,) = OTHERS.findall((await mine.get(OWN))[1])

        _, page = await theirs.get(OWN)
        assert LEO.name not in page
        assert OTHERS.findall(page) == []
        foreign, _ = await theirs.post(OWN, {"which": handle})
        every, _ = await theirs.post(OWN, {"which": "all"})
        forged, _ = await mine.post(OWN, {"which": handle, "token": theirs.token})

        assert (foreign, every, forged) == (422, 422, 403)
        assert [await here(each) for each in (mine, again, theirs)] == [True, True, True]


async def test_B06_the_development_sign_in_lists_and_ends_sessions_too() -> None:
    async with rosewood() as story, served(story) as browser:
        mine, again = [await sign_in(story, browser) for _ in range(2)]

        none, _ = await mine.post(OWN, {})
        status, _ = await mine.post(OWN, {"which": "all"})

        assert (none, status) == (422, 303)
        assert [await here(each) for each in (mine, again)] == [True, False]


async def test_B06_nothing_that_the_provider_gave_reaches_the_browser_or_the_register() -> None:
    async with scene() as on:
        _, _, page = await on.browser.signs_in()
        (kept,) = await on.story.register.sessions_now(on.story.clock.now(), 9)

        # Each token of the provider begins so: a JSON object in base64url (RFC 7519).
        for told in (page, *on.browser.cookies.values(), repr(kept)):
            assert "eyJ" not in told
        assert list(on.browser.cookies) == ["hub"]
