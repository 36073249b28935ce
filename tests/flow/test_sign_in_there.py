"""Sign-in by an organisation's own accounts: who comes in, and who does not."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, ClientSession
from structlog.testing import capture_logs

from hub.access import Appointment, Post
from hub.adapters.oidc import Client, OidcProvider
from hub.adapters.oidc.provider import OCTETS, REMEMBERED, SPARED
from hub.adapters.webhook.wire import tls_context
from hub.app import ways
from hub.app.books import Books
from hub.ports.sessions import IDLE
from hub.routes.organisation import OrganisationSignIn, form_token
from hub.routes.sessions import PROVED_FOR
from hub.settings import Settings
from tests.flow.rosewood import CONCERN, HOST, SAME, TO_THE_END, Rosewood, rosewood, served
from tests.forging import CLIENT, SECRET, ForgingProvider, forging, key_of

LEO: Final = Appointment(post=Post.LEO, agency=HOST)
CHAIR: Final = Appointment(post=Post.CHAIR, agency=HOST)
ADMINISTRATOR: Final = Appointment(post=Post.ADMINISTRATOR, agency=HOST)
POSTS: Final = {"leos": (LEO,), "chairs": (CHAIR,), "administrators": (ADMINISTRATOR,)}
FLOW: Final = "hub-sign-in"
CLOSURE: Final = f"/concerns/{CONCERN}/closure"
SECOND: Final = timedelta(seconds=1)
CROSS: Final = {"Sec-Fetch-Site": "cross-site"}


@dataclass(slots=True, kw_only=True)
class Browser:
    """Somebody's browser: it keeps cookies, and does not follow where it is led."""

    http: ClientSession
    base: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, url: str, **headers: str) -> tuple[int, str, str]:
        """Open a page of the hub, or a way back to it; return status, where it leads, and text."""
        path = url.removeprefix(self.base)
        async with self.http.get(
            path, headers=self._with(SAME | headers), allow_redirects=False
        ) as got:
            return await self._seen(got)

    async def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """Send a form from our own page, with the session's token."""
        data = {"token": form_token(self.cookies.get("hub", ""))} | fields
        async with self.http.post(
            path, data=data, headers=self._with(SAME), allow_redirects=False
        ) as got:
            return await self._seen(got)

    async def begins(self, query: str = "") -> str:
        """Begin to sign in; return where the provider is."""
        status, there, text = await self.get(f"/sign-in/start{query}")
        assert status == 303, text
        return there

    async def at_provider(self, there: str) -> str:
        """Let the provider say who this is; return where it sends the browser."""
        async with ClientSession() as http, http.get(there, allow_redirects=False) as got:
            assert got.status == 303, await got.text()
            return got.headers["Location"]

    async def signs_in(self, query: str = "") -> tuple[int, str, str]:
        """Go the whole way."""
        return await self.comes_back(await self.at_provider(await self.begins(query)))

    async def comes_back(self, url: str) -> tuple[int, str, str]:
        """Come back from the provider, without the cookies of our own pages (SameSite=Strict)."""
        strict = self.cookies.pop("hub", None)
        seen = await self.get(url, **CROSS)
        if strict is not None and "hub" not in self.cookies:
            self.cookies["hub"] = strict
        return seen

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return headers | ({"Cookie": said} if said else {})

    async def _seen(self, got: ClientResponse) -> tuple[int, str, str]:
        for name, morsel in got.cookies.items():
            if morsel.value:
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
        led = got.headers.get("Refresh", "").partition("url=")[2]
        return got.status, got.headers.get("Location", led), await got.text()


@dataclass(slots=True, kw_only=True)
class Scene:
    """A hub, a provider, and a browser."""

    story: Rosewood
    provider: ForgingProvider
    browser: Browser

    def another(self) -> Browser:
        """Return the browser of somebody else."""
        return Browser(http=self.browser.http, base=self.browser.base)


@asynccontextmanager
async def way_in(
    story: Rosewood,
    provider: ForgingProvider,
    **changes: Any,  # noqa: ANN401 - of OrganisationSignIn
) -> AsyncIterator[OrganisationSignIn]:
    client = Client(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET)
    made: dict[str, Any] = {
        "provider": OidcProvider(client, tls=tls_context(None)),
        "sessions": story.register,
        "posts": POSTS,
    }
    sign_in = OrganisationSignIn(**(made | changes))
    try:
        yield sign_in
    finally:
        await sign_in.provider.close()


@asynccontextmanager
async def scene(*names: str, **changes: Any) -> AsyncIterator[Scene]:  # noqa: ANN401 - of OrganisationSignIn
    async with (
        rosewood(*names) as story,
        forging(story.clock) as provider,
        way_in(story, provider, **changes) as sign_in,
        served(story, sign_in=sign_in) as http,
    ):
        browser = Browser(http=http, base=story.base)
        yield Scene(story=story, provider=provider, browser=browser)


async def is_in(browser: Browser) -> bool:
    status, led, _ = await browser.get("/figures")
    assert status in {200, 303}, led
    return status == 200


async def test_B06_a_person_signs_in_by_their_organisations_account_and_signs_out() -> None:
    async with scene("concern-opened") as on:
        me = on.browser
        status, led, _ = await me.get("/figures")
        assert (status, led) == (303, "/sign-in?to=/figures")
        _, _, page = await me.get(led)
        assert "Sign in with your organisation" in page

        status, led, page = await me.signs_in("?to=/figures")

        assert (status, led) == (200, "/figures")
        assert FLOW not in me.cookies
        status, _, page = await me.get("/figures")
        assert "Amara Okafor, lead enquiry officer" in page
        (began,) = await on.story.leaves("session.began")
        assert "Amara" not in began
        assert "amara@" not in began
        assert '"person":"person-' in began

        status, led, _ = await me.post("/sign-out", {})
        assert (status, led) == (303, "/signed-out")
        assert len(await on.story.leaves("session.ended")) == 1
        assert "hub" not in me.cookies
        _, _, page = await me.get(led)
        assert f"{on.provider.issuer}/out?client_id={CLIENT}" in page


async def test_B06_the_provider_is_asked_with_pkce_state_and_nonce_and_never_for_email() -> None:
    async with scene() as on:
        await on.browser.signs_in()

        (asked,) = on.provider.asked
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == len(asked["state"]) == len(asked["nonce"]) == 43
        assert asked["scope"] == "openid profile"
        assert asked["redirect_uri"] == f"{on.story.base}/sign-in/back"
        assert asked["tenant"] == "1"
        assert "prompt" not in asked


async def test_B06_no_address_of_anybody_is_kept() -> None:
    async with scene() as on:
        await on.browser.signs_in()

        (kept,) = await on.story.register.sessions_now(on.story.clock.now(), 9)
        assert "@" not in repr(kept)
        assert kept.person.name == "Amara Okafor"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"iss": "https://idp.elsewhere.example"},
        {"exp": 1},
        {"iat": 1},
        {"sub": None},
        {"name": None},
    ],
)
async def test_B06_a_token_that_was_not_made_for_this_sign_in_lets_nobody_in(
    claims: dict[str, Any],
) -> None:
    async with scene() as on:
        on.provider.claims = claims

        status, _, page = await on.browser.signs_in()

        assert status == 403
        assert "does not prove who you are" in page
        assert "Amara" not in page
        assert "hub" not in on.browser.cookies


async def test_B06_another_issuer_cannot_send_a_browser_back_with_its_code() -> None:
    async with scene() as on:
        for issuer in ("https://idp.elsewhere.example", ""):
            on.provider.back = {"iss": issuer}
            assert (await on.browser.signs_in())[0] == 403

        on.provider.metadata = {"authorization_response_iss_parameter_supported": None}
        await on.story.clock.advance(REMEMBERED)
        assert (await on.browser.signs_in())[0] == 200


async def test_B06_a_code_is_redeemed_once_and_an_answer_is_taken_once() -> None:
    async with scene() as on:
        me = on.browser
        back = await me.at_provider(await me.begins())
        flow = me.cookies[FLOW]
        assert (await me.comes_back(back))[0] == 200

        assert (await me.comes_back(back))[0] == 400
        # Even with the cookie that was taken away, the provider takes no code twice.
        me.cookies[FLOW] = flow
        assert (await me.comes_back(back))[0] == 403


async def test_B06_a_sign_in_that_another_browser_began_ends_in_nobodys_session() -> None:
    async with scene() as on:
        attacker, victim = on.browser, on.another()
        back = await attacker.at_provider(await attacker.begins())

        bare, _, page = await victim.comes_back(back)
        await victim.begins()
        begun, _, _ = await victim.comes_back(back)

        assert (bare, begun) == (400, 400)
        assert "not begun in this browser" in page
        assert "hub" not in victim.cookies


@pytest.mark.parametrize("change", ["&state=x", "&code=y", "&iss=z"])
async def test_B06_a_parameter_that_comes_twice_lets_nobody_in(change: str) -> None:
    async with scene() as on:
        back = await on.browser.at_provider(await on.browser.begins())

        assert (await on.browser.comes_back(back + change))[0] in {400, 403}

        assert "hub" not in on.browser.cookies


@pytest.mark.parametrize("flow", ["", "x", "....", "a.b.c.d", "%00", "é", "a...!"])
async def test_B06_a_cookie_that_nobody_gave_lets_nobody_in(flow: str) -> None:
    async with scene() as on:
        back = await on.browser.at_provider(await on.browser.begins())
        on.browser.cookies[FLOW] = flow

        assert (await on.browser.comes_back(back))[0] == 400


async def test_B06_a_session_id_that_was_there_before_is_not_the_one_that_signs_in() -> None:
    async with scene() as on:
        on.browser.cookies["hub"] = "planted"
        await on.browser.signs_in()

        first = on.browser.cookies["hub"]
        assert first != "planted"
        planted = on.another()
        planted.cookies["hub"] = "planted"
        assert not await is_in(planted)
        assert await is_in(on.browser)


async def test_B06_a_new_key_is_read_once_and_a_strange_one_proves_nothing() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        assert on.provider.key_reads == 1

        on.provider.key = key_of("k2")
        assert (await on.another().signs_in())[0] == 200
        assert on.provider.key_reads == 2
        assert (await on.another().signs_in())[0] == 200
        assert on.provider.key_reads == 2

        shown, on.provider.key = on.provider.key, key_of("k3")
        on.provider.shown = [shown]
        assert (await on.another().signs_in())[0] == 403
        assert on.provider.key_reads == 3


async def test_B06_a_key_that_the_provider_takes_back_is_not_believed_for_long() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        on.provider.shown = [key_of("k2")]
        await on.story.clock.advance(REMEMBERED)

        assert (await on.another().signs_in())[0] == 403


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://idp.elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://idp.elsewhere.example/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://["},
        {"jwks_uri": 7},
    ],
)
async def test_B06_a_provider_that_describes_itself_wrongly_is_not_gone_to(
    metadata: dict[str, Any],
) -> None:
    async with scene() as on:
        on.provider.metadata = metadata

        status, led, page = await on.browser.get("/sign-in/start")

        assert (status, led) == (503, "")
        assert "does not answer at this moment" in page


async def test_B06_a_provider_that_is_away_gives_a_plain_page_that_tells_nothing() -> None:
    async with scene() as on:
        back = await on.browser.at_provider(await on.browser.begins())
        on.provider.down = True

        with capture_logs() as logs:
            status, _, page = await on.browser.comes_back(back)
            await on.story.clock.advance(REMEMBERED)
            begun, _, other = await on.another().get("/sign-in/start")
            out, _, bye = await on.another().get("/signed-out")

        assert (status, begun, out) == (503, 503, 200)
        assert "does not answer at this moment" in page
        for said in (page, other, bye, str(logs)):
            assert "heron" not in said
            assert "Traceback" not in said
            assert SECRET not in said
        assert "Sign out of my organisation" not in bye


async def test_B06_strangers_at_the_sign_in_do_not_wear_the_provider_out() -> None:
    async with scene() as on:
        on.provider.down = True
        for _ in range(5):
            assert (await on.another().get("/sign-in/start"))[0] == 503
        assert on.provider.calls == 1

        on.provider.down = False
        await on.story.clock.advance(SPARED)
        for _ in range(5):
            assert (await on.another().get("/sign-in/start"))[0] == 303
        assert on.provider.calls == 3
        assert await on.story.register.sessions_now(on.story.clock.now(), 9) == ()


async def test_B06_an_altered_cookie_of_a_sign_in_leads_to_no_other_site() -> None:
    async with scene() as on:
        back = await on.browser.at_provider(await on.browser.begins())
        elsewhere = urlsafe_b64encode(b"//evil.example").decode()
        secret = on.browser.cookies[FLOW].partition(".")[0]
        on.browser.cookies[FLOW] = f"{secret}...{elsewhere}"

        status, led, page = await on.browser.comes_back(back)

        assert (status, led) == (200, "/")
        assert "evil" not in page


async def test_B06_an_answer_without_end_is_not_read() -> None:
    async with scene() as on:
        on.provider.flood = OCTETS + 1

        assert (await on.browser.get("/sign-in/start"))[0] == 503


async def test_B06_who_stops_at_the_provider_is_told_so_and_may_begin_again() -> None:
    async with scene() as on:
        on.provider.back = {"error": "access_denied", "error_description": "<b>no</b>", "code": ""}

        status, _, page = await on.browser.signs_in()

        assert status == 403
        assert "did not let you in, or you stopped it" in page
        assert "<b>no</b>" not in page
        assert 'href="/sign-in"' in page


async def test_B06_somebody_without_a_post_is_told_in_plain_words_and_it_is_on_the_log() -> None:
    async with scene() as on:
        on.provider.claims = {"groups": ["gardeners"]}

        status, _, page = await on.browser.signs_in()

        assert status == 403
        assert "There is nothing here for your account" in page
        assert "hub" not in on.browser.cookies
        (leaf,) = await on.story.leaves("sign_in.no_post")
        assert '"person":"person-' in leaf
        assert "gardeners" not in leaf


async def test_B06_a_person_with_two_posts_chooses_one_and_may_change_it() -> None:
    async with scene("concern-opened") as on:
        me = on.browser
        on.provider.claims = {"groups": ["chairs", "leos", "gardeners"]}

        status, led, _ = await me.signs_in("?to=/figures")
        assert (status, led) == (200, "/sign-in/post?to=%2Ffigures")
        assert not await is_in(me)
        _, _, page = await me.get(led)
        assert page.count('type="radio"') == 2
        before = me.cookies["hub"]
        nobody, _, _ = await me.post("/sign-in/post", {"to": "/figures"})
        other, _, _ = await me.post("/sign-in/post", {"post": f"administrator|{HOST}"})
        forged, _, _ = await me.post("/sign-in/post", {"token": "x", "post": f"chair|{HOST}"})
        assert (nobody, other, forged) == (422, 422, 403)
        status, led, _ = await me.post("/sign-in/post", {"post": f"chair|{HOST}", "to": "/figures"})
        assert (status, led) == (303, "/figures")
        assert me.cookies["hub"] != before

        _, _, page = await me.get("/figures")
        assert "Amara Okafor, chair" in page
        assert 'href="/sign-in/post"' in page
        await me.post("/sign-in/post", {"post": f"lead enquiry officer|{HOST}"})
        _, _, page = await me.get("/figures")
        assert "Amara Okafor, lead enquiry officer" in page
        assert len(await on.story.leaves("session.post.chosen")) == 2


async def test_B06_a_group_that_gives_no_post_any_more_gives_nobody_one() -> None:
    posts = dict(POSTS)
    async with scene(posts=posts) as on:
        await on.browser.signs_in()
        assert await is_in(on.browser)

        del posts["leos"]

        assert not await is_in(on.browser)


async def test_B06_a_session_idles_out_and_another_process_knows_it_too() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        async with (
            way_in(on.story, on.provider) as sign_in,
            served(on.story, sign_in=sign_in) as http,
        ):
            other = Browser(http=http, base=on.story.base, cookies=dict(on.browser.cookies))
            assert await is_in(other)
            await other.post("/sign-out", {})
        assert not await is_in(on.browser)

        await on.browser.signs_in()
        await on.story.clock.advance(IDLE + SECOND)
        assert not await is_in(on.browser)


async def test_B06_closure_asks_anew_who_it_is_and_leads_back_to_it() -> None:
    async with scene(*TO_THE_END) as on:
        me = on.browser
        await on.story.acknowledge()
        await me.signs_in()
        await on.story.clock.advance(PROVED_FOR + SECOND)
        status, led, _ = await me.post(CLOSURE, {"sure": "yes"})
        assert (status, urlsplit(led).path) == (303, "/sign-in/again")
        assert (await on.story.record()).attestation is None
        _, _, page = await me.get(led)
        assert f'href="/sign-in/start?to={CLOSURE.replace("/", "%2F")}&amp;again=yes"' in page

        before = me.cookies["hub"]
        status, led, _ = await me.signs_in(f"?to={CLOSURE}&again=yes")

        assert (status, led) == (200, CLOSURE)
        assert on.provider.asked[-1]["prompt"] == "login"
        assert on.provider.asked[-1]["max_age"] == "0"
        assert me.cookies["hub"] != before
        old = on.another()
        old.cookies["hub"] = before
        assert not await is_in(old)
        status, led, _ = await me.post(CLOSURE, {"sure": "yes"})
        assert (status, led) == (303, CLOSURE)
        assert (await on.story.record()).attestation is not None


async def test_B06_a_provider_that_did_not_ask_again_proves_nothing_again() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        await on.story.clock.advance(PROVED_FOR + SECOND)
        before = dict(on.browser.cookies)
        then = int((on.story.clock.now() - PROVED_FOR - SECOND).timestamp())

        for claim in (then, None):
            on.provider.claims = {"auth_time": claim}
            assert (await on.browser.signs_in("?again=yes"))[0] == 403

        assert on.browser.cookies == before
        assert await is_in(on.browser)


async def test_B06_somebody_else_does_not_prove_for_the_person_who_is_signed_in() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        before = dict(on.browser.cookies)
        on.provider.claims = {"sub": "subject-2", "name": "Ben Adeyemi"}

        status, _, page = await on.browser.signs_in("?again=yes")

        assert status == 403
        assert "somebody else" in page
        assert on.browser.cookies == before
        assert await is_in(on.browser)


async def test_B06_two_posts_and_the_one_acted_in_stays_when_it_is_proved_anew() -> None:
    async with scene() as on:
        me = on.browser
        on.provider.claims = {"groups": ["chairs", "leos"]}
        await me.signs_in()
        await me.post("/sign-in/post", {"post": f"lead enquiry officer|{HOST}"})

        status, led, _ = await me.signs_in("?again=yes&to=/figures")

        assert (status, led) == (200, "/figures")
        assert "lead enquiry officer" in (await me.get("/figures"))[2]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_B06_signing_in_leads_to_no_other_site(to: str) -> None:
    async with scene() as on:
        _, led, page = await on.browser.signs_in(f"?to={to}")

        assert led == "/"
        assert "evil" not in page


async def test_B06_a_link_from_elsewhere_begins_no_sign_in_and_a_mails_link_goes_on() -> None:
    async with scene() as on:
        status, led, _ = await on.browser.get("/sign-in/start?to=/figures", **CROSS)
        assert (status, led) == (303, "/sign-in?to=/figures")
        assert FLOW not in on.browser.cookies

        await on.browser.signs_in()
        status, led, _ = await on.browser.get("/sign-in/start?to=/figures")
        assert (status, led) == (303, "/figures")


async def test_B06_over_tls_every_cookie_is_bound_to_this_host() -> None:
    async with (
        rosewood() as story,
        forging(story.clock) as provider,
        way_in(story, provider) as sign_in,
        served(story, https=True, sign_in=sign_in) as http,
        http.get("/sign-in/start", allow_redirects=False) as got,
    ):
        cookie = got.headers["Set-Cookie"]
        asked = parse_qs(urlsplit(got.headers["Location"]).query)

    assert cookie.startswith("__Host-hub-sign-in=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert asked["redirect_uri"] == [f"{story.base.replace('http:', 'https:')}/sign-in/back"]


async def test_B06_an_administrator_ends_all_of_somebodys_sessions() -> None:
    async with scene() as on:
        two = [on.another(), on.another()]
        for browser in two:
            await browser.signs_in()
        on.provider.claims = {"sub": "s2", "name": "Ida Lamb", "groups": ["administrators"]}
        me = on.browser
        await me.signs_in("?to=/people")

        _, _, page = await me.get("/people")
        assert page.count("Amara Okafor, lead") == 0
        assert (
            page.count('<th class="govuk-table__header" scope="row" role="rowheader">Amara Okafor')
            == 2
        )
        (path, *_) = {part for part in page.split('"') if part.startswith("/people/person-")} - {
            _own(page)
        }
        _, _, asked = await me.get(path)
        assert "Amara Okafor has 2 sessions" in asked
        bare, _, _ = await me.post(path, {})
        forged, _, _ = await me.post(path, {"token": "x", "why": "left"})
        assert (bare, forged) == (422, 403)
        assert await is_in(two[0])
        status, led, _ = await me.post(path, {"why": "at risk"})

        assert (status, led) == (303, "/people?ended=yes")
        assert [await is_in(browser) for browser in two] == [False, False]
        assert await is_in(me)
        (leaf,) = await on.story.leaves("sessions.ended")
        assert '"why":"at risk"' in leaf
        assert "Amara" not in leaf
        assert (await me.get(path))[0] == 404


async def test_B06_of_whoever_is_not_signed_in_nothing_is_ended_and_nothing_is_on_the_log() -> None:
    async with scene() as on:
        idle, me = on.another(), on.browser
        await idle.signs_in()
        (gone,) = await on.story.register.sessions_now(on.story.clock.now(), 9)
        on.provider.claims = {"sub": "s2", "name": "Ida Lamb", "groups": ["administrators"]}
        await me.signs_in("?to=/people")
        for _ in range(2):
            on.story.clock._now += IDLE * 0.7
            assert await is_in(me)

        # Nobody of that name, and somebody whose session idled out while its row is kept.
        for person in ("nobody", gone.person.id):
            assert (await me.post(f"/people/{person}", {"why": "left"}))[0] == 404
            assert (await me.post(f"/people/{person}", {}))[0] == 404

        assert await on.story.leaves("sessions.ended") == []
        assert not await is_in(idle)


def _own(page: str) -> str:
    """Return the link behind the administrator's own row."""
    row = page.partition('role="rowheader">Ida Lamb')[2]
    return row.partition('href="')[2].partition('"')[0]


async def test_B06_nobody_but_an_administrator_sees_who_is_signed_in() -> None:
    async with scene() as on:
        await on.browser.signs_in()

        assert (await on.browser.get("/people"))[0] == 404
        assert (await on.browser.get("/people/person-1"))[0] == 404
        assert (await on.browser.post("/people/person-1", {"why": "left"}))[0] == 404


async def test_B06_a_post_at_an_agency_that_the_directory_has_not_is_said_at_start() -> None:
    posts = {
        "leos": {"post": "chair", "agency": HOST},
        "typo": {"post": "chair", "agency": "gss:E10009999"},
    }
    settings = Settings.model_validate(
        {
            "oidc_issuer": "https://idp.example",
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_groups": json.dumps(posts),
        }
    )
    async with rosewood() as story, AsyncExitStack() as stack:
        with capture_logs() as logs:
            books = cast("Books", None)  # Only the development sign-in reads them.
            found = await ways.sign_in(settings, story.register, books, None, stack)

    assert isinstance(found, OrganisationSignIn)
    assert [each["agency"] for each in logs if each["event"] == "sign.in.agency.unknown"] == [
        "gss:E10009999"
    ]
