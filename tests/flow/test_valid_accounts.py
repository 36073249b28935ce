"""What somebody with a valid account or key tries beside what is theirs: nothing comes of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Final

import pytest
from structlog.testing import capture_logs

from hub.access import Official, Post
from hub.ports.keys import Scope
from hub.receipt import fold
from hub.routes.api.limits import LIMITS, Policy
from hub.routes.api.serving import OPERATIONS
from hub.routes.deps import WebSettings
from hub.routes.sessions import DevelopmentSignIn
from hub.routes.style import SCRIPT, read_style
from hub.vocabulary import AckStrength
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    HOST,
    LEO,
    SAME,
    START,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_CQC, OF_SURREY, got
from tests.flow.test_api_writing import BASE, send
from tests.flow.test_events_by_http import opened
from tests.flow.test_routes_open import raw
from tests.flow.test_signed_closure import OURS, confirmed

SECOND_LEO: Final = Official(id="leo-2", name="Bola Ade", post=Post.LEO, agency=HOST)
FORM: Final = "application/x-www-form-urlencoded"


NAMED: Final = (
    *("obligation", "request", "access", "mail"),
    *("webhook", "contact", "change", "person", "replay"),
    *("delivery", "message", "name", "partnership", "chapter"),
)
"""Every id of a path, but the concern's and the notice's."""


async def taken(story: Rosewood) -> str:
    """Return the path that takes one thing that is owed in hand."""
    owed = (await story.record()).obligations
    return f"{BASE}/owed/{next(o.id for o in owed if o.kind == 'answer')}/taken"


def filled(path: str, notice: str) -> str:
    ids = {"concern": str(CONCERN), "notice": notice}
    return re.sub(r"{(\w+)[^}]*}", lambda found: ids.get(found[1], "nothing"), path)


# One kind of key is none of another


async def test_B06_a_publishers_key_opens_nothing_of_the_api_and_an_api_key_publishes_nothing() -> (
    None
):
    async with opened() as door:
        key = (await key_for(door.story, LEO))["Authorization"].partition(" ")[2]
        me = await sign_in(door.story, door.browser)
        session = me.cookie.partition("=")[2]

        for operation in OPERATIONS:
            path = filled(operation.path, "nothing")
            for other in ("wscc-key", "hubk_wscc-key"):
                async with door.browser.request(
                    operation.method, path, headers={"Authorization": f"Bearer {other}"}
                ) as answer:
                    assert answer.status == 401, (operation.id, other)
        published = [(await door.send(b"{}", key=each))[0] for each in (key, session)]
        async with door.browser.get(
            "/figures", headers={"Cookie": f"hub={key}"}, allow_redirects=False
        ) as page:
            led = page.headers["Location"]

        assert published == [401, 401]
        assert led == "/sign-in"


@pytest.mark.parametrize("scope", list(Scope))
async def test_B06_a_key_does_what_its_scope_says_and_no_other_operation(scope: Scope) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO, frozenset({scope}))
        for operation in OPERATIONS:
            path = filled(operation.path, "nothing")
            async with browser.request(operation.method, path, headers=bearer) as answer:
                beyond = operation.scope is not scope
                assert (answer.status == 403) is beyond, (operation.id, answer.status)
        assert await story.acknowledgements() == 0


# What an act does not take


async def test_B06_more_than_an_act_takes_is_refused_by_the_api_and_changes_nothing() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, OF_SURREY)
        path = f"/v1/notices/{notice.id}/acknowledgement"
        for more in ("name", "role", "organisation", "strength", "at", "agency", "person"):
            body = {"reference": notice.reference, more: "signed"}
            status, said, _ = await send(browser, path, bearer, body)
            assert (status, said["faults"][0]["pointer"]) == (422, f"/{more}")

        assert await story.acknowledgements() == 0


async def test_B06_a_form_speaks_for_nobody_but_who_is_signed_in() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OF_SURREY,)
        async with served(story) as browser:
            await story.sent()
            notice = await alert_to_surrey(story)
            me = await sign_in(story, browser, OF_SURREY)
            forged = {"name": "Helen Marsh", "role": "director", "strength": "signed"}
            await me.post(f"/notices/{notice.id}", {"reference": notice.reference} | forged)
            await me.post(
                f"/notices/{notice.id}",
                {"answer": "acknowledged", "reference": notice.reference, "person": LEO.id}
                | forged,
            )
            kept = await story.notice_to(SURREY_PLACING, "placing-authority-alert")

    made = fold(kept.receipts).acknowledgement
    assert made is not None
    assert (made.name, made.role) == (OF_SURREY.name, OF_SURREY.post)
    assert made.strength is AckStrength.ACCOUNT


# What is another's


async def test_B06_an_agency_officer_finds_no_page_and_no_act_beside_their_own() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OF_CQC,)
        async with served(story) as browser:
            await story.sent()
            notice = await alert_to_surrey(story)
            me = await sign_in(story, browser, OF_CQC)
            assert story.site is not None
            found: dict[tuple[str, str], int] = {}
            for route in story.site.router.routes():
                path = route.resource.canonical if route.resource else ""
                if route.method not in {"GET", "POST"} or path.startswith("/v1/"):
                    continue
                if path == "/sign-out":
                    continue
                there = filled(path, str(notice.id))
                seen = await (me.get(there) if route.method == "GET" else me.post(there, {}))
                found[route.method, path] = seen[0]

    theirs = {place for place, status in found.items() if status not in {404, 405}}
    assert theirs == OPEN_TO_EVERYBODY
    assert len(found) > 50


OPEN_TO_EVERYBODY: Final = {
    *(("GET", each) for each in ("/healthz", "/readyz", "/metrics", "/style.css")),
    *(("GET", each) for each in ("/sign-in", "/sign-in/again", "/my-sessions", "/notices", "/")),
    *(("POST", each) for each in ("/sign-in", "/sign-in/again", "/my-sessions")),
    # The code is the key to these, and whoever has none learns nothing from the page.
    *((method, "/acknowledge/{notice}") for method in ("GET", "POST")),
    *(("GET", each) for each in (read_style().path, SCRIPT.path)),
}
"""What any signed-in person may open; with another agency's ids there is nothing more."""


# The same request twice, and an older view


async def test_B06_an_idempotency_key_is_one_persons_and_answers_nobody_else() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        path, body = await taken(story), {"minutes": 15}
        mine = await key_for(story, LEO)
        theirs = await key_for(story, SECOND_LEO)

        first, _, _ = await send(browser, path, mine, body, Idempotency_Key="one")
        _, _, again = await send(browser, path, mine, body, Idempotency_Key="one")
        _, said, other = await send(browser, path, theirs, body, Idempotency_Key="one")

        assert first == 200
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in other
        assert said.get("taken_by") != LEO.name


async def test_B06_of_two_who_act_upon_one_view_at_one_moment_one_alone_does() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        path, body = await taken(story), {"minutes": 15}
        both = [await key_for(story, each) for each in (LEO, SECOND_LEO)]
        _, _, headers = await got(browser, BASE, both[0])

        answers = await asyncio.gather(
            *(send(browser, path, each, body, If_Match=headers["ETag"]) for each in both)
        )

        assert min(status for status, _, _ in answers) == 200
        assert max(status for status, _, _ in answers) in {412, 422}
        assert len(await story.leaves("obligation.taken")) == 1


# Other methods, paths and kinds of content


async def test_B06_no_path_answers_a_method_it_has_not_and_none_is_overridden() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        assert story.site is not None
        paths = sorted({r.resource.canonical for r in story.site.router.routes() if r.resource})
        me = await sign_in(story, browser)
        for path in paths:
            for method in ("TRACE", "OPTIONS", "PUT", "PATCH", "DELETE"):
                async with browser.request(
                    method,
                    filled(path, "nothing"),
                    headers={"Cookie": me.cookie, "Origin": "https://elsewhere.example"},
                ) as answer:
                    assert answer.status == 405, (method, path)
                    assert not [n for n in answer.headers if n.startswith("Access-Control")]
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            async with browser.get(
                "/sign-out?_method=POST", headers={"Cookie": me.cookie, name: "POST"} | SAME
            ) as answer:
                assert answer.status == 405
        assert (await me.get("/figures"))[0] == 200


async def test_B06_no_program_is_led_from_one_scheme_to_another() -> None:
    async with rosewood(*OPENING) as story, served(story, https=True) as browser:
        bearer = await key_for(story, LEO)
        for operation in OPERATIONS:
            path = filled(operation.path, "nothing")
            async with browser.request(
                operation.method, path, headers=bearer, allow_redirects=False
            ) as answer:
                assert answer.status // 100 in {2, 4}, (operation.id, answer.status)
                assert "Location" not in answer.headers


OTHERWISE: Final = (
    "/concerns/{id}/",
    "//concerns/{id}",
    "/concerns//{id}",
    "/./concerns/{id}",
    "/notices/../concerns/{id}",
    "/notices/%2e%2e/concerns/{id}",
    "/notices%2f..%2fconcerns%2f{id}",
    "/concerns%2f{id}",
    "/CONCERNS/{id}",
    "/concerns/{id}%00",
    "/concerns/{id};a=b",
    "/concerns/{id}.json",
    "/concerns/{id}%0d%0aSet-Cookie:%20a=b",
    "/assets/../hub/settings.py",
    "/.git/config",
    "/assets/",
    "http://elsewhere.example/concerns/{id}",
)


@pytest.mark.parametrize("path", OTHERWISE)
async def test_B06_a_path_that_is_written_otherwise_shows_nobody_more(path: str) -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OF_CQC,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OF_CQC)
            host = story.base.removeprefix("http://")
            head = f"GET {path.format(id=CONCERN)} HTTP/1.1\r\nHost: {host}\r\n"
            answer = await raw(
                story.base, f"{head}Cookie: {me.cookie}\r\nConnection: close\r\n\r\n".encode()
            )

    status = answer.split(b" ", 2)[1]
    assert status in {b"404", b"400"}, answer[:200]
    assert b"Set-Cookie" not in answer
    assert b"Rosewood" not in answer


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=a", "application/json", None]
)
async def test_B06_a_form_of_another_kind_is_not_read(kind: str | None) -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)
        headers = {"Cookie": me.cookie} | SAME | ({"Content-Type": kind} if kind else {})
        async with browser.post(
            "/sign-out",
            data=f"token={me.token}".encode(),
            headers=headers,
            skip_auto_headers=["Content-Type"],
        ) as answer:
            assert answer.status == 415

        assert (await me.get("/figures"))[0] == 200


@pytest.mark.parametrize(
    ("kind", "charset", "status"),
    [
        (FORM, "utf-8", 415),
        ("text/json", "utf-8", 415),
        ("application/jsonp", "utf-8", 415),
        ("application/json", "utf-16", 422),
        ("application/json; charset=utf-7", "utf-7", 422),
    ],
)
async def test_B06_an_api_body_of_another_kind_is_not_read(
    kind: str, charset: str, status: int
) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO)
        body = '{"minutes": 15, "é": 1}'.encode(charset)
        async with browser.post(
            await taken(story), data=body, headers=bearer | {"Content-Type": kind}
        ) as answer:
            assert answer.status == status
        assert await story.leaves("obligation.taken") == []


# What answers say


async def test_B06_what_was_sent_is_not_said_back_by_an_error() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, LEO)
        marker = "zz-marker-zz"
        sent = {"minutes": marker, "because": marker, "at": marker, "why": marker, "reference": {}}
        nothing = dict.fromkeys(NAMED, "nothing")
        ids = nothing | {"concern": str(CONCERN), "notice": str(notice.id)}
        for operation in OPERATIONS:
            path = operation.path.format(**ids)
            async with browser.request(
                operation.method,
                path,
                params={"before": marker},
                headers=bearer | {"If-Match": marker, "Idempotency-Key": f"{marker} "},
                json=sent if operation.method == "POST" else None,
            ) as answer:
                said = await answer.text()
                assert 400 <= answer.status < 500, (operation.id, answer.status)
                assert answer.content_type == "application/problem+json"
                assert marker not in said, (operation.id, said)
                for word in ("Traceback", "pydantic", "sqlalchemy", "aiohttp", "hub.", ".py"):
                    assert word not in said, (operation.id, said)


async def test_B06_every_text_says_in_which_characters_it_is() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        for path in (*sorted(story.paths), "/nothing", "/v1/nothing"):
            async with browser.get(
                filled(path, "nothing"), headers={"Cookie": me.cookie}, allow_redirects=False
            ) as answer:
                kind = answer.headers.get("Content-Type", "")
                if await answer.read():
                    assert kind, path
                if kind.startswith("text/"):
                    assert "charset=utf-8" in kind, (path, kind)


async def test_B06_signing_out_leaves_nothing_in_the_browser() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)
        async with browser.post(
            "/sign-out",
            data={"token": me.token},
            headers={"Cookie": me.cookie} | SAME,
            allow_redirects=False,
        ) as answer:
            cleared = answer.headers["Clear-Site-Data"]

    assert cleared == '"cache", "cookies", "storage"'


@pytest.mark.parametrize("post", list(Post))
async def test_B06_a_post_may_what_the_table_says_and_the_rest_is_not_there(post: Post) -> None:
    person = replace(LEO, id="somebody", post=post)
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, person)
        for operation in OPERATIONS:
            # This hub works no figures out: to everybody they are not there.
            lists = operation.method == "GET" and "{" not in operation.path
            if not lists or operation.id == "read_figures":
                continue
            status, _, _ = await got(browser, operation.path, bearer)
            assert (status == 404) is not person.may(operation.act), operation.id


# Quotas, and what is written of who was refused


async def test_B06_a_person_who_asks_for_too_many_pages_is_told_to_wait_and_others_are_not() -> (
    None
):
    async with rosewood(*OPENING) as story, served(story) as browser:
        assert story.site is not None
        story.site[LIMITS].callers = Policy(name="caller", quota=3)
        me, they = [await sign_in(story, browser, each) for each in (LEO, CHAIR)]
        mine = [await me.get("/figures") for _ in range(4)]
        other, _ = await they.get("/figures")

    assert [status for status, _ in mine] == [200, 200, 200, 429]
    assert "You have asked for too much at once" in mine[-1][1]
    assert other == 200


async def test_B06_a_forged_address_gets_a_stranger_no_quota_of_its_own() -> None:
    few = WebSettings(public_url="http://hub.test", requests_a_minute=3)
    async with rosewood() as story, served(story, settings=few) as browser:
        found = []
        for number in range(4):
            forged = dict.fromkeys(
                ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"), f"203.0.113.{number}"
            )
            async with browser.get("/v1/concerns", headers=forged) as answer:
                found.append(answer.status)

    assert found == [401, 401, 401, 429]


async def test_B06_who_was_refused_what_is_in_the_processs_log_by_id_and_route_alone() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OF_CQC,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OF_CQC)
            key = await key_for(story, OF_CQC, frozenset({Scope.READS}))
            with capture_logs() as lines:
                await me.get(f"/concerns/{CONCERN}")
                await me.post("/sign-out", {"token": "forged"})
                await send(browser, "/v1/notices/x/acknowledgement", key, {})
                await got(browser, "/v1/concerns", {"Authorization": "Bearer hubk_guess"})
                await me.browser.get("/nothing-here")

    said = [
        (line["status"], line["method"], line["route"], line["person"])
        for line in lines
        if line["event"] == "web.refused"
    ]
    assert said == [
        (404, "GET", "/concerns/{concern}", "cqc"),
        (403, "POST", "/sign-out", "cqc"),
        (403, "POST", "/v1/notices/{notice}/acknowledgement", "key:cqc"),
        (401, "GET", "/v1/concerns", ""),
    ]
    for word in (str(CONCERN), "hubk_guess", "forged", OF_CQC.name, "127.0.0.1"):
        assert word not in repr(lines)


async def test_B06_a_form_with_faults_is_in_the_processs_log_by_route_alone() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = (await story.record()).notices[0].notice.id
        async with served(story) as browser:
            me = await sign_in(story, browser)
            with capture_logs() as lines:
                told = f"/concerns/{CONCERN}/notices/{notice}/told"
                status, _ = await me.post(told, {"name": "Somebody Unheard"})

    (said,) = [line for line in lines if line["event"] == "web.refused"]
    assert status == said["status"] == 422
    assert said["route"] == "/concerns/{concern}/notices/{notice}/told"
    for word in (str(notice), str(CONCERN), "Somebody Unheard"):
        assert word not in repr(lines)


# What a page always has, and an address never


async def test_B06_every_page_of_who_is_signed_in_offers_to_sign_out() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        asked = 0
        for path in sorted(story.paths):
            status, page = await me.get(filled(path, "nothing"))
            if status == 200 and "<html" in page and path not in WITHOUT_A_SESSION:
                assert 'action="/sign-out"' in page, path
                asked += 1

    assert asked > 8


WITHOUT_A_SESSION: Final = {"/sign-in", "/acknowledge/{notice}"}


@pytest.mark.parametrize("name", ["access_token", "token", "key", "api_key", "authorization"])
async def test_B06_a_key_in_an_address_is_no_key(name: str) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        key = (await key_for(story, LEO))["Authorization"].partition(" ")[2]
        me = await sign_in(story, browser)
        for value in (key, me.cookie.partition("=")[2]):
            async with browser.get("/v1/concerns", params={name: value}) as answer:
                assert answer.status == 401
            async with browser.get(
                "/figures", params={name: value, "hub": value}, allow_redirects=False
            ) as answer:
                assert answer.status == 303


def test_B06_session_ids_and_their_form_tokens_are_long_and_never_the_same() -> None:
    sign_in_here = DevelopmentSignIn(people=(LEO,))
    ids = [sign_in_here.begin(LEO.id, START) for _ in range(200)]

    assert len(set(ids)) == 200
    assert {len(each or "") for each in ids} == {43}  # 256 bits
    assert len({each.form_token for each in sign_in_here._sessions.values()}) == 200


async def test_B06_what_is_downloaded_has_a_name_of_ours() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await confirmed(story)
        async with served(story, signer=OURS) as browser:
            me = await sign_in(story, browser)
            names = []
            for route in sorted(story.paths):
                if not route.startswith("/concerns/{concern}/closure/"):
                    continue
                headers = {"Cookie": me.cookie}
                async with browser.get(filled(route, "nothing"), headers=headers) as answer:
                    assert answer.status == 200, route
                    names.append(answer.headers["Content-Disposition"])

    assert len(names) == 2
    for name in names:
        assert re.fullmatch(r'attachment; filename="PC-[0-9A-Z-]+-closure\.(json|zip)"', name)
