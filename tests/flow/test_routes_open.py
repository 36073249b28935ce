"""What anybody can reach: the code page, signed acknowledgements, health; headers on all of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import ClientSession

from hub.ports import Register, RegisterAway
from hub.routes.deps import WebSettings
from tests.flow.rosewood import (
    CONCERN,
    CQC,
    CQC_KEY,
    SAME,
    START,
    TO_THE_END,
    Rosewood,
    body_of,
    rosewood,
    served,
    sign_in,
    signed,
)
from tests.flow.test_answers import OPENING, alert_to_surrey, wrong

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HEADERS_OF_A_FRESH_PAGE = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"]
    + "; script-src 'self'; connect-src 'self'"
}
"""A page that stays fresh runs one script of ours, and hears from us alone (decisions/0034)."""


class Page(HTMLParser):
    """Finds the links and the forms of a page, as a mail scanner does."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, str, list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in {"a", "link"} and found.get("href"):
            self.links.append(found["href"])
        elif tag == "form":
            self.forms.append((found.get("method", "get"), found.get("action", ""), []))
        elif tag in {"input", "textarea", "select", "button"} and self.forms:
            self.forms[-1][2].append(found.get("name", ""))


async def scan(browser: ClientSession, start: str, junk: str) -> int:
    """Follow every link and submit every form with junk, as mail scanners do; return how many."""
    waiting, seen, sent = [start], set(), 0
    while waiting:
        path = waiting.pop()
        if path in seen or urlsplit(path).netloc:
            continue
        seen.add(path)
        async with browser.get(path) as got:
            page = Page(await got.text()) if "html" in got.content_type else Page("")
        waiting.extend(urljoin(path, link) for link in page.links)
        for method, action, fields in page.forms:
            data = dict.fromkeys(filter(None, fields), junk)
            async with browser.request(method, action or path, data=data, headers=SAME) as got:
                links = Page(await got.text()).links
                waiting.extend(urljoin(path, link) for link in links)
            async with browser.post(action or path, headers=SAME) as got:
                await got.read()
            sent += 1
    return sent


@pytest.mark.parametrize("junk", ["", "test", "AAAAAA", "1' OR '1'='1", "yes", "on"])
async def test_B04_a_scanner_that_follows_and_submits_everything_acknowledges_nothing(
    junk: str,
) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)

        sent = await scan(browser, f"/acknowledge/{notice.id}", junk)

        assert sent >= 2
        assert await story.acknowledgements() == 0
        now = await story.register.notice(notice.id)
        assert now is not None
        assert not [r for r in now.receipts if r.declination]
        assert now.wrong_codes < 5


async def test_B04_a_look_or_a_bare_post_acknowledges_nothing() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"/acknowledge/{notice.id}"

        typed = f"code={notice.ack_code}&name=A&role=B"
        why = "answer=declined&because=not%20for%20us&reason=C"
        for query in ("", f"?{typed}", "?answer=declined", f"?{why}&{typed}"):
            for method in ("GET", "HEAD"):
                async with browser.request(method, path + query) as got:
                    assert got.status == 200
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                async with browser.request(method, path + query) as got:
                    assert got.status in {405, 415, 422}

        assert await story.acknowledgements() == 0
        assert await story.leaves("notice.declined") == []


async def test_B04_the_code_page_takes_the_code_and_says_who_answered() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        answer = {"name": "Ada Byrne", "role": "Manager", "code": notice.ack_code.lower()}

        async with browser.post(f"/acknowledge/{notice.id}", data=answer) as got:
            text = await got.text()

        assert got.status == 200
        assert "Surrey County Council" in text
        assert await story.acknowledgements() == 1


async def test_B04_the_page_to_decline_takes_the_code_and_says_what_happens_next() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"/acknowledge/{notice.id}?answer=declined"
        person = {"name": "Ada Byrne", "role": "Manager"}
        answer = person | {"because": "wrong contact", "reason": "We do fostering"}

        async with browser.post(path, data=person) as got:
            refused = await got.text()
        async with browser.post(path, data=answer | {"code": notice.ack_code}) as got:
            text = await got.text()

        assert "Choose one of the reasons" in refused
        assert "Say in one line why" in refused
        assert "Wrong contact: We do fostering" in text
        assert "goes to the next contact" in text
        assert await story.acknowledgements() == 0
        assert len(await story.leaves("notice.declined")) == 1


async def test_B04_the_page_of_a_wrong_code_is_the_page_of_an_unknown_notice() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        answer = {"name": "Ada Byrne", "role": "Manager", "code": wrong(notice.ack_code)}
        answer |= {"because": "not for us", "reason": "We place nobody there"}
        pages = []

        for of in (notice.id, "nothing"):
            for path in (f"/acknowledge/{of}", f"/acknowledge/{of}?answer=declined"):
                async with browser.get(path) as got:
                    before = await got.text()
                async with browser.post(path, data=answer) as got:
                    pages.append((before, got.status, await got.text()))

        assert pages[:2] == pages[2:]
        assert [status for _, status, _ in pages] == [422] * 4


async def test_B04_the_code_is_never_put_back_into_the_page() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        answer = {"name": "", "role": "Manager", "code": notice.ack_code}

        async with browser.post(f"/acknowledge/{notice.id}", data=answer) as got:
            text = await got.text()

        assert "Enter your name" in text
        assert notice.ack_code not in text


async def test_B04_what_another_site_sends_is_not_taken() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        answer = {"name": "Ada Byrne", "role": "Manager", "code": notice.ack_code}

        async with browser.post(
            f"/acknowledge/{notice.id}", data=answer, headers={"Sec-Fetch-Site": "cross-site"}
        ) as got:
            assert got.status == 403

        assert await story.acknowledgements() == 0


async def test_B04_a_signed_acknowledgement_is_taken_once_over_http() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"/v1/notices/{notice.id}/acknowledgements"
        content, headers = signed(notice.id)

        async with browser.post(path, data=content, headers=headers) as first:
            said = await body_of(first)
        async with browser.post(path, data=content, headers=headers) as second:
            refused = await body_of(second)

        assert (first.status, said["strength"]) == (201, "signed")
        assert second.status == 401
        assert second.content_type == "application/problem+json"
        assert "WWW-Authenticate" in second.headers
        assert refused["status"] == 401
        assert await story.acknowledgements() == 1


async def test_B04_a_foreign_stale_altered_or_replayed_answer_gets_401_and_a_leaf() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"/v1/notices/{notice.id}/acknowledgements"
        good = signed(notice.id)
        refused = [
            signed(notice.id, CQC.agency, key=CQC_KEY),
            signed(notice.id, at=START - timedelta(minutes=6)),
            (good[0].replace(b"Ada", b"Eve"), good[1]),
            good,
        ]
        async with browser.post(path, data=good[0], headers=good[1]) as got:
            assert got.status == 201

        for number, (content, headers) in enumerate(refused, start=1):
            async with browser.post(path, data=content, headers=headers) as got:
                assert got.status == 401
            assert len(await story.leaves("acknowledgement.refused")) == number

        assert await story.acknowledgements() == 1
        whys = "".join(await story.leaves("acknowledgement.refused"))
        for why in ("another agency", "stale", "nobody", "replayed"):
            assert why in whys


async def test_B04_a_signed_declination_is_taken_over_http_and_said_back() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        content, headers = signed(
            notice.id, answer="declined", because="not for us", reason="None of ours"
        )

        async with browser.post(
            f"/v1/notices/{notice.id}/acknowledgements", data=content, headers=headers
        ) as got:
            assert got.status == 201
            said = await body_of(got)

        assert (said["because"], said["reason"]) == ("not for us", "None of ours")
        assert "acknowledged_at" not in said
        assert await story.acknowledgements() == 0


async def test_B04_a_signed_body_that_cannot_be_read_is_told_every_fault() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        content, headers = signed(notice.id, name="", extra="x")

        async with browser.post(
            f"/v1/notices/{notice.id}/acknowledgements", data=content, headers=headers
        ) as got:
            said = await body_of(got)

        assert got.status == 422
        assert {fault["pointer"] for fault in said["faults"]} == {"/name", "/extra"}


async def test_B03_every_answer_of_every_route_carries_the_headers() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        record = (await story.record()).notices[0]
        base = f"/concerns/{CONCERN}"
        paths = [
            *("/", "/sign-in", "/style.css", "/healthz", "/readyz", "/metrics", "/nothing"),
            *(base, f"{base}/closure", f"{base}/notices/{record.notice.id}"),
            *(f"{base}/notices/{record.notice.id}/told", "/acknowledge/x", "/v1/nothing"),
            f"{base}/evidence/{record.deliveries[0].id}",
            *(f"/v1/notices/{record.notice.id}/acknowledgements", "/v1/sign-in"),
            *(f"/v1/concerns/{CONCERN}/attestation", "/sign-out"),
        ]

        for path in paths:
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                async with browser.request(
                    method, path, headers={"Cookie": me.cookie}, allow_redirects=False
                ) as got:
                    found = {name: got.headers.get(name) for name in HEADERS}
                    fresh = path == base and method in {"GET", "HEAD"}
                    assert found == (HEADERS_OF_A_FRESH_PAGE if fresh else HEADERS), (method, path)
                    assert "Server" not in got.headers, (method, path)
                    assert "Strict-Transport-Security" not in got.headers
                    assert got.status < 500, (method, path)


async def raw(base: str, request: bytes) -> bytes:
    """Send bytes that no client would send, and return what comes back."""
    where = urlsplit(base)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize(
    "request_line",
    [
        b"\x16\x03\x01nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_B03_a_malformed_request_gets_the_headers_and_no_server_name(
    request_line: bytes, https: bool
) -> None:
    async with rosewood() as story, served(story, https=https):
        answer = (await raw(story.base, request_line)).decode()

        assert " 400 " in answer.splitlines()[0]
        for name, value in HEADERS.items():
            assert f"{name}: {value}\r\n" in answer
        assert ("Strict-Transport-Security" in answer) is https
        assert "Server:" not in answer
        assert "aiohttp" not in answer
        assert "nonsense" not in answer


async def test_B03_https_adds_strict_transport_security() -> None:
    async with (
        rosewood() as story,
        served(story, https=True) as browser,
        browser.get("/healthz") as got,
    ):
        assert got.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_B03_a_body_too_long_is_refused_and_nothing_is_read_of_it() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"/v1/notices/{notice.id}/acknowledgements"

        async with browser.post(path, data=b"x" * (64 * 1024 + 1)) as got:
            assert got.status == 413
            assert got.content_type == "application/problem+json"


async def test_B03_a_chunked_body_too_long_is_cut_off() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 1024

    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)

        async with browser.post(f"/v1/notices/{notice.id}/acknowledgements", data=chunks()) as got:
            assert got.status == 413


async def test_B03_a_stalled_body_is_cut_off_with_408() -> None:
    async with rosewood(*OPENING) as story:
        quick = WebSettings(public_url="http://127.0.0.1", body_seconds=0.1)
        async with served(story, settings=quick):
            answer = await raw(
                story.base,
                b"POST /v1/notices/x/acknowledgements HTTP/1.1\r\nHost: a\r\n"
                b"Content-Length: 100\r\n\r\nhalf",
            )

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer
    assert b"Connection: close" in answer


async def test_B03_errors_for_programs_are_problems_and_for_people_are_pages() -> None:
    async with rosewood() as story, served(story) as browser:
        async with browser.get("/v1/nothing") as got:
            assert (got.status, got.content_type) == (404, "application/problem+json")
        async with browser.get("/nothing") as got:
            assert (got.status, got.content_type) == (404, "text/html")
            assert "Page not found" in await got.text()
        async with browser.put("/acknowledge/x") as got:
            assert got.status == 405
            assert got.headers["Allow"] == "GET,HEAD,POST"


class Away:
    """A register that is away: whatever is asked of it fails as the port promises."""

    def __getattr__(self, name: str) -> object:
        async def away(*_: object, **__: object) -> None:
            raise RegisterAway

        return away


def without_register(story: Rosewood) -> Register:
    away: Register = Away()  # type: ignore[assignment]
    story.answers.register = away
    return away


async def test_B03_while_the_register_is_away_people_and_programs_are_told_so() -> None:
    async with rosewood(*OPENING) as story:
        real, notice = story.register, await alert_to_surrey(story)
        away = without_register(story)
        async with served(story, register=away) as browser:
            answer = {"name": "A", "role": "B", "code": notice.ack_code}
            async with browser.post(f"/acknowledge/{notice.id}", data=answer) as got:
                assert got.status == 503
                assert "not written down" in await got.text()
            async with browser.get("/metrics") as got:
                assert (got.status, got.content_type) == (503, "application/problem+json")
            async with browser.get("/healthz") as got:
                assert got.status == 200
        story.register = real
        assert await story.acknowledgements() == 0


async def test_B03_readiness_lists_every_reason_why_not() -> None:
    async with rosewood() as story, served(story) as browser:
        async with browser.get("/readyz") as got:
            said = await body_of(got)
            assert (got.status, said["ready"], said["reasons"]) == (200, True, [])
        story.ready += ["the broker is away", "the mail server refuses us"]
        async with browser.get("/readyz") as got:
            said = await body_of(got)

        assert got.status == 503
        assert said["reasons"] == ["the broker is away", "the mail server refuses us"]


async def test_B03_metrics_say_how_much_is_waiting() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        depths = await story.register.depths()
        async with browser.get("/metrics") as got:
            lines = (await got.text()).splitlines()

        said = dict(line.split(" ") for line in lines if not line.startswith("#"))
        assert float(said["hub_unaccounted_notices"]) == 0
        assert float(said["hub_queue_depth"]) == depths.queued > 0
        assert float(said["hub_obligations_open"]) == depths.open_obligations > 0
        assert float(said["hub_held"]) == depths.held
        assert float(said["hub_quarantined"]) == 0
        assert "hub_obligations_overdue" in said


async def test_B03_the_healthy_answer_asks_nothing_of_the_world() -> None:
    async with (
        rosewood() as story,
        served(story) as browser,
        browser.get("/healthz") as got,
    ):
        assert json.loads(await got.text()) == {"alive": True}


async def test_B03_a_hub_without_the_role_web_answers_for_its_health_alone() -> None:
    async with rosewood(*OPENING) as story, served(story, health_only=True) as browser:
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/", 404), ("/sign-in", 404)):
            async with browser.get(path, allow_redirects=False) as got:
                assert got.status == status, path


async def test_B03_what_fails_inside_says_nothing_of_itself() -> None:
    async def broken() -> tuple[str, ...]:
        raise LookupError("a secret of ours")

    async with rosewood() as story, served(story, readiness=broken) as browser:
        async with browser.get("/readyz") as got:
            text = await got.text()

        assert (got.status, got.content_type) == (500, "application/problem+json")
        assert "secret" not in text
        assert "LookupError" not in text


async def test_B06_signing_in_by_program_asks_for_one_known_person_as_json() -> None:
    async with rosewood() as story, served(story) as browser:
        for body, status in (
            ({"json": {"person": "nobody"}}, 422),
            ({"json": {"people": []}}, 422),
            ({"data": {"person": "leo-1"}}, 415),
        ):
            async with browser.post("/v1/sign-in", **body) as got:
                assert got.status == status
                assert got.content_type == "application/problem+json"
