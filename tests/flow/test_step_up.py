"""Step-up: what cannot be undone asks again who it is, and leads back to one of our own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import ClientSession

from hub.routes.reading import ours
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    LEO,
    SAME,
    TO_THE_END,
    Rosewood,
    SignedIn,
    body_of,
    rosewood,
    served,
    sign_in,
)

CLOSURE = f"/concerns/{CONCERN}/closure"
AGAIN = "/sign-in/again"
LATER = timedelta(minutes=6)


async def where(me: SignedIn, path: str, fields: dict[str, str]) -> str:
    """Return where a form of this person leads."""
    async with me.browser.post(
        path,
        data={"token": me.token} | fields,
        headers={"Cookie": me.cookie} | SAME,
        allow_redirects=False,
    ) as got:
        assert got.status == 303, await got.text()
        return got.headers["Location"]


async def picked_again(
    story: Rosewood, browser: ClientSession, me: SignedIn, **fields: str
) -> tuple[SignedIn, str]:
    """Pick oneself again; return the session that follows, and where it leads."""
    async with browser.post(
        AGAIN,
        data={"token": me.token, "person": LEO.id} | fields,
        headers={"Cookie": me.cookie} | SAME,
        allow_redirects=False,
    ) as got:
        assert got.status == 303, await got.text()
        cookie = got.headers["Set-Cookie"].partition(";")[0]
        led = got.headers["Location"]
    assert story.sign_in is not None
    session = await story.sign_in.session(cookie.partition("=")[2], story.clock.now())
    assert session is not None
    return SignedIn(browser=browser, cookie=cookie, token=session.form_token), led


async def test_B06_closure_is_confirmed_only_by_who_proved_lately_who_they_are() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)
        await story.clock.advance(LATER)

        _, page = await me.get(CLOSURE)
        led = await where(me, CLOSURE, {"sure": "yes"})
        unsigned = (await story.record()).attestation
        status, asked = await me.get(led)
        again, back = await picked_again(story, browser, me, to=CLOSURE)
        confirmed = await where(again, CLOSURE, {"sure": "yes"})

        assert "asked to show again that it is you" in page
        assert led == f"{AGAIN}?to={CLOSURE}"
        assert unsigned is None
        assert (status, back, confirmed) == (200, CLOSURE, CLOSURE)
        assert "Show again that it is you" in asked
        assert "Nothing has been done yet" in asked
        assert (await story.record()).attestation is not None


async def test_B06_a_session_gets_a_new_id_when_its_person_proves_who_they_are() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        me = await sign_in(story, browser)

        again, _ = await picked_again(story, browser, me)

        assert again.cookie != me.cookie
        assert (await me.get("/"))[0] == 303
        assert (await again.get("/"))[0] == 200


async def test_B06_nobody_else_proves_for_the_person_who_is_signed_in() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        me = await sign_in(story, browser)
        await story.clock.advance(LATER)

        status, page = await me.post(AGAIN, {"person": CHAIR.id, "to": "/"})
        nobody, _ = await me.post(AGAIN, {"to": "/"})
        forged, _ = await me.post(AGAIN, {"token": "x", "person": LEO.id})

        assert (status, nobody, forged) == (422, 422, 403)
        assert "Choose yourself" in page
        assert (await me.get("/"))[0] == 200


async def test_B06_who_is_not_signed_in_proves_nothing() -> None:
    async with rosewood() as story, served(story) as browser:
        async with browser.get(AGAIN, allow_redirects=False) as got:
            assert (got.status, got.headers["Location"]) == (303, "/sign-in")
        async with browser.post(
            AGAIN, data={"person": LEO.id}, headers=SAME, allow_redirects=False
        ) as got:
            assert (got.status, got.headers["Location"]) == (303, "/sign-in")


async def test_B06_a_program_is_told_to_let_its_person_prove_who_they_are() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        async with browser.post("/v1/sign-in", json={"person": LEO.id}) as got:
            bearer = {"Authorization": f"Bearer {(await body_of(got))['token']}"}
        await story.clock.advance(LATER)

        async with browser.post(f"/v1/concerns/{CONCERN}/attestation", headers=bearer) as got:
            assert got.status == 401
            assert "insufficient_user_authentication" in got.headers["WWW-Authenticate"]
            assert 'max_age="300"' in got.headers["WWW-Authenticate"]

        assert (await story.record()).attestation is None


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "evil.example",
    "",
    "/" + "a" * 3_000,
    "/é",
    "//[",
]


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_B06_proving_who_one_is_never_leads_to_another_site(path: str) -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        me = await sign_in(story, browser)

        _, led = await picked_again(story, browser, me, to=path)
        async with browser.get(AGAIN, params={"to": path}, headers={"Cookie": me.cookie}) as got:
            page = await got.text()

        assert led == "/"
        assert "evil" not in page


@pytest.mark.parametrize("path", ["/", "/concerns", "/notices/1?page=2&of=a%20b", "/a//b"])
def test_B06_a_page_of_ours_is_come_back_to(path: str) -> None:
    assert ours(path) == path
