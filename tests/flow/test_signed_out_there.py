"""Somebody whose account is stopped at their organisation is signed out here at once."""

from __future__ import annotations

from hub.routes.sign_in_there import ENDED_THERE
from tests.flow.rosewood import rosewood, served, sign_in
from tests.flow.test_sign_in_there import Scene, is_in, scene
from tests.forging import key_of


async def says(on: Scene, token: str, **headers: str) -> tuple[int, str, str]:
    """Let the provider say so: it has no cookie of ours, and is no browser."""
    async with on.browser.http.post(
        ENDED_THERE, data={"logout_token": token}, headers=headers
    ) as got:
        return got.status, got.headers.get("Cache-Control", ""), await got.text()


async def test_B06_an_account_that_is_stopped_there_is_signed_out_here_at_once() -> None:
    async with scene("concern-opened") as on:
        on.provider.claims = {"sid": "there-1"}
        await on.browser.signs_in()
        other = on.another()
        on.provider.claims = {"sid": "there-2"}
        await other.signs_in()
        before = [await is_in(each) for each in (on.browser, other)]

        status, cached, _ = await says(on, on.provider.signed_out())

        after = [await is_in(each) for each in (on.browser, other)]
        (note,) = await on.story.leaves("sessions.ended")

    assert (before, status, after) == ([True, True], 200, [False, False])
    assert "no-store" in cached
    assert '"by":"provider"' in note
    assert "Amara" not in note


async def test_B06_signing_out_in_one_browser_there_leaves_the_other_one_in_here() -> None:
    async with scene("concern-opened") as on:
        on.provider.claims = {"sid": "there-1"}
        await on.browser.signs_in()
        other = on.another()
        on.provider.claims = {"sid": "there-2"}
        await other.signs_in()

        status, _, _ = await says(on, on.provider.signed_out(sid="there-1"))
        after = [await is_in(each) for each in (on.browser, other)]
        alone, _, _ = await says(on, on.provider.signed_out(sid="there-2", sub=None))

        assert (status, after, alone) == (200, [False, True], 200)
        assert not await is_in(other)


async def test_B06_what_proves_nothing_or_was_said_before_signs_nobody_out() -> None:
    async with scene("concern-opened") as on:
        first = on.provider.signed_out()
        await says(on, first)
        await on.browser.signs_in()
        mine, on.provider.key = on.provider.key, key_of("made-up")
        made_up = on.provider.signed_out()
        on.provider.key = mine

        found = [
            (await says(on, each))[0]
            for each in (
                "",
                "junk",
                first,
                made_up,
                on.provider.signed_out(aud="other"),
                on.provider.signed_out(nonce="n"),
                on.provider.signed_out(events={}),
                on.provider.signed_out(sub=None),
            )
        ]
        nobody, _, _ = await says(on, on.provider.signed_out(sub="subject-9"))

        assert found == [400] * 8
        assert nobody == 200
        assert await is_in(on.browser)


async def test_B06_whoever_makes_up_keys_does_not_make_the_hub_ask_the_provider_without_end() -> (
    None
):
    async with scene() as on:
        await says(on, on.provider.signed_out())
        reads, on.provider.key = on.provider.key_reads, key_of("made-up")
        shown = on.provider.shown = [key_of("k1")]

        found = [(await says(on, on.provider.signed_out()))[0] for _ in range(20)]

        assert shown
        assert found == [400] * 20
        assert on.provider.key_reads - reads <= 1


async def test_B06_while_the_provider_is_away_it_is_told_to_say_it_again() -> None:
    async with scene() as on:
        token = on.provider.signed_out()
        on.provider.down = True
        status, _, text = await says(on, token)

    assert status == 503
    assert "subject" not in text


async def test_B06_without_an_organisations_sign_in_there_is_nobody_to_say_so() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)
        status, _ = await me.post(ENDED_THERE, {"logout_token": "junk"})

    assert status == 404
