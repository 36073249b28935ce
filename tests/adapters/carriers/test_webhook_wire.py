"""Webhooks on the wire: signatures, every answer, and receivers that mean no good."""

import asyncio
import base64
import gzip
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from standardwebhooks import Webhook

from hub.adapters.catcher import Reply, WebhookCatcher
from hub.adapters.clock import SystemClock
from hub.adapters.webhook import Deadlines, WebhookCarrier, not_before, signed_headers
from hub.directory import Directory, EndpointKey
from hub.notice import Accepted, Deferred, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.vocabulary import Channel, DeliveryId, Rung
from tests.adapters.carriers.ground import EVENT, KEY, NOW, StandingClock, endpoint, leased
from tests.adapters.carriers.peers import Peer, Wire, peer
from tests.servers.papers import papers

QUICK = Deadlines(total=0.5, connect=0.3)
NEW_KEY = EndpointKey(id="k2", secret=b"n" * 40)
SHORT_KEY = EndpointKey(id="k", secret=b"short")


def hook(body: bytes = EVENT) -> Leased:
    return leased(body, channel=Channel.WEBHOOK)


def said(outcome: Outcome) -> dict[str, str]:
    return dict(outcome.evidence)


async def carried(
    where: Directory,
    work: Leased | None = None,
    *,
    deadlines: Deadlines | None = None,
    ca_file: Path | None = None,
) -> Outcome:
    carrier = WebhookCarrier(clock=SystemClock(), deadlines=deadlines, ca_file=ca_file)
    try:
        return await carrier.carry(work or hook(), where)
    finally:
        await carrier.close()


@asynccontextmanager
async def serving(
    script: Callable[[Wire], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Directory, Peer]]:
    scheme = "https" if tls else "http"
    async with peer(script, tls=tls) as server:
        yield endpoint(f"{scheme}://127.0.0.1:{server.port}/hook"), server


@pytest.fixture
async def catcher() -> AsyncIterator[WebhookCatcher]:
    made = WebhookCatcher()
    await made.start()
    yield made
    await made.stop()


# Signatures.


def test_every_key_signs_and_the_oracle_verifies_each() -> None:
    now = datetime.now(UTC)

    headers = signed_headers(DeliveryId("0198-d"), now, EVENT, (KEY, NEW_KEY))

    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (KEY, NEW_KEY):
        Webhook(key.secret).verify(EVENT, headers)
        alone = Webhook(key.secret).sign("0198-d", now, EVENT.decode())
        assert alone in headers["webhook-signature"].split(" ")


def test_a_secret_as_agencies_keep_it_verifies_too() -> None:
    headers = signed_headers(DeliveryId("d"), datetime.now(UTC), EVENT, (KEY,))

    Webhook("whsec_" + base64.b64encode(KEY.secret).decode()).verify(EVENT, headers)


def test_an_instant_is_signed_and_not_what_a_wall_clock_shows() -> None:
    winter = datetime.now(UTC)
    london = datetime(2026, 7, 1, 10, 0, tzinfo=ZoneInfo("Europe/London"))

    assert signed_headers(DeliveryId("d"), london, EVENT, (KEY,)) == signed_headers(
        DeliveryId("d"), london.astimezone(UTC), EVENT, (KEY,)
    )
    summer = winter.astimezone(ZoneInfo("Asia/Kathmandu"))
    Webhook(KEY.secret).verify(EVENT, signed_headers(DeliveryId("d"), summer, EVENT, (KEY,)))


async def test_what_arrives_is_the_stored_event_signed_under_the_deliverys_own_id(
    catcher: WebhookCatcher,
) -> None:
    work = hook()

    await carried(endpoint(catcher.url("/hook"), keys=(KEY, NEW_KEY)), work)

    (call,) = catcher.calls
    assert call.body == EVENT
    assert call.headers["webhook-id"] == work.delivery.id
    assert call.headers["content-type"] == "application/cloudevents+json"
    assert call.headers["accept-encoding"] == "identity"
    assert "cookie" not in call.headers
    for key in (KEY, NEW_KEY):
        Webhook(key.secret).verify(call.body, call.headers)


async def test_a_cookie_that_a_receiver_sets_is_not_brought_back(catcher: WebhookCatcher) -> None:
    catcher.always("/hook", Reply(status=204, headers={"Set-Cookie": "who=the-hub; Path=/"}))
    carrier = WebhookCarrier(clock=SystemClock())
    where = endpoint(catcher.url("/hook"))

    for _ in range(2):
        await carrier.carry(hook(), where)
    await carrier.close()

    assert [call.headers.get("cookie") for call in catcher.calls] == [None, None]


async def test_a_retry_keeps_the_id_and_has_its_own_time(catcher: WebhookCatcher) -> None:
    clock = StandingClock()
    carrier = WebhookCarrier(clock=clock)
    work, where = hook(), endpoint(catcher.url("/hook"))

    await carrier.carry(work, where)
    clock.at += timedelta(minutes=5)
    await carrier.carry(work, where)
    await carrier.close()

    first, second = (call.headers for call in catcher.calls)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 300
    assert first["webhook-signature"] != second["webhook-signature"]


# What the answers mean.


@pytest.mark.parametrize(
    ("status", "rung"),
    [
        (200, Rung.DELIVERED),
        (201, Rung.DELIVERED),
        (204, Rung.DELIVERED),
        (202, Rung.RELAYED),
        (203, Rung.RELAYED),
        (206, Rung.RELAYED),
    ],
)
async def test_only_2xx_is_success_and_202_is_not_yet_processed(
    catcher: WebhookCatcher, status: int, rung: Rung
) -> None:
    catcher.always("/hook", Reply(status=status))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Accepted)
    assert outcome.rung is rung
    assert said(outcome)["status"] == str(status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304, 300])
async def test_a_redirect_is_not_followed(catcher: WebhookCatcher, status: int) -> None:
    catcher.always("/hook", Reply(status=status, headers={"Location": catcher.url("/other")}))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.CONFIGURATION
    assert [call.path for call in catcher.calls] == ["/hook"]


async def test_410_retires_the_endpoint(catcher: WebhookCatcher) -> None:
    catcher.always("/hook", Reply(status=410))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.GONE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 451])
async def test_any_other_4xx_is_a_fault_in_the_setup_and_is_tried_on(
    catcher: WebhookCatcher, status: int
) -> None:
    catcher.always("/hook", Reply(status=status))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert not outcome.ours
    assert "configuration" in outcome.detail


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_not_now_is_tried_again(catcher: WebhookCatcher, status: int) -> None:
    catcher.always("/hook", Reply(status=status, body=b"<b>no\x1b[31m\x00\r\n</b>"))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Deferred)
    assert not outcome.configuration
    assert outcome.not_before is None
    assert said(outcome)["reply"] == "<b>no\ufffd[31m\ufffd\ufffd\n</b>"


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_obeyed(catcher: WebhookCatcher, status: int) -> None:
    catcher.always("/hook", Reply(status=status, headers={"Retry-After": "120"}))
    carrier = WebhookCarrier(clock=StandingClock())

    outcome = await carrier.carry(hook(), endpoint(catcher.url("/hook")))
    await carrier.close()

    assert isinstance(outcome, Deferred)
    assert outcome.not_before == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        ("Mon, 15 Jun 2026 09:31:00 -0000", timedelta(minutes=1)),
        ("Monday, 15-Jun-26 10:30:00 GMT", timedelta(hours=1)),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), None),
        (format_datetime(NOW + timedelta(days=3650), usegmt=True), timedelta(hours=24)),
        ("99999999999999999999", timedelta(hours=24)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0661\u0662", None),
        ("", None),
        ("Mon, 99 Jun 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_in_every_form(asked: str, wait: timedelta | None) -> None:
    assert not_before(asked, NOW) == (None if wait is None else NOW + wait)


async def test_an_answer_is_kept_short_and_without_control_characters(
    catcher: WebhookCatcher,
) -> None:
    catcher.always("/hook", Reply(status=200, body=b"\xff\x00ok" + b"x" * 100_000))

    outcome = await carried(endpoint(catcher.url("/hook")))

    assert isinstance(outcome, Accepted)
    assert said(outcome)["reply"].startswith("\ufffd\ufffdokx")
    assert len(said(outcome)["reply"]) == 1024
    assert said(outcome)["read"] == "65536"


# What stops a delivery before the wire.


async def test_a_parked_endpoint_is_waited_for(catcher: WebhookCatcher) -> None:
    outcome = await carried(endpoint(catcher.url("/hook"), parked=True))

    assert isinstance(outcome, Deferred)
    assert outcome.ours
    assert catcher.calls == []


@pytest.mark.parametrize("keys", [(), (SHORT_KEY,), (NEW_KEY, SHORT_KEY), (SHORT_KEY, NEW_KEY)])
async def test_an_endpoint_without_a_good_key_gets_nothing(
    catcher: WebhookCatcher, keys: tuple[EndpointKey, ...]
) -> None:
    outcome = await carried(endpoint(catcher.url("/hook"), keys=keys))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert catcher.calls == []


async def test_bytes_that_are_not_those_that_were_composed_do_not_travel(
    catcher: WebhookCatcher,
) -> None:
    outcome = await carried(
        endpoint(catcher.url("/hook")), leased(EVENT, channel=Channel.WEBHOOK, sha256="0" * 64)
    )

    assert isinstance(outcome, Refused)
    assert catcher.calls == []


# Where it breaks off.


async def test_B03_a_receiver_that_hangs_up_at_once_or_is_not_there() -> None:
    async with peer(lambda wire: wire.gone()) as server:
        port = server.port

    outcome = await carried(endpoint(f"http://127.0.0.1:{port}/hook"))

    assert isinstance(outcome, Deferred)
    assert said(outcome)["phase"] == "connect"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_B03_a_receiver_that_took_the_event_and_gave_no_whole_answer_leaves_a_doubt(
    answer: bytes,
) -> None:
    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say(answer)

    async with serving(script) as (where, _):
        outcome = await carried(where)

    assert isinstance(outcome, InDoubt)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_B03_a_long_event_that_was_on_its_way_when_the_receiver_went_leaves_a_doubt() -> None:
    # More than any socket holds: the rest of it waits here to be taken.
    long = b"x" * (32 << 20)

    async def script(wire: Wire) -> None:
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.reader.readexactly(1)

    async with serving(script) as (where, server):
        outcome = await carried(where, leased(long, channel=Channel.WEBHOOK))

        assert isinstance(outcome, InDoubt)
        assert said(outcome)["phase"] == "body"
        assert server.calls == 1


async def test_a_refusal_counts_though_its_words_break_off() -> None:
    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf")

    async with serving(script) as (where, _):
        outcome = await carried(where)

    assert isinstance(outcome, Deferred)
    assert said(outcome)["reply"] == "half"


async def test_a_kept_connection_that_had_gone_is_replaced_at_once_with_the_same_id() -> None:
    ids: list[bytes] = []
    first = asyncio.Event()

    async def script(wire: Wire) -> None:
        ids.append(_id_in(await wire.hear_request()))
        await wire.say("HTTP/1.1 204 No Content\r\n\r\n")
        if not first.is_set():
            first.set()
            # It takes the second event and hangs up: it had been about to close.
            ids.append(_id_in(await wire.hear_request()))

    async with serving(script) as (where, server):
        carrier = WebhookCarrier(clock=SystemClock())
        await carrier.carry(hook(), where)
        work = hook()
        outcome = await carrier.carry(work, where)
        await carrier.close()

        assert isinstance(outcome, Accepted)
        assert "reconnected" in said(outcome)
        assert server.calls == 2
    assert ids[1:] == [work.delivery.id.encode()] * 2


@pytest.mark.parametrize("when", ["with the first answer", "while nothing is asked"])
async def test_an_answer_that_stood_there_before_the_notice_was_sent_is_not_its_answer(
    when: str,
) -> None:
    no = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    surplus = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    heard: list[bytes] = []
    quiet, said_more = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        heard.append(await wire.hear_request())
        if len(heard) == 1:
            together = when == "with the first answer"
            await wire.say("HTTP/1.1 204 No Content\r\n\r\n" + (surplus if together else ""))
            await quiet.wait()
            await wire.say("" if together else surplus)
            said_more.set()
        else:
            await wire.say(no)
        while request := await wire.hear_request():
            heard.append(request)
            await wire.say(no)

    async with serving(script) as (where, server):
        carrier = WebhookCarrier(clock=SystemClock())
        first = await carrier.carry(hook(), where)
        quiet.set()
        await said_more.wait()
        # What was said is on its way to us: a few turns of the loop, and it has been read.
        for _ in range(10):
            await asyncio.sleep(0)
        work = hook()
        second = await carrier.carry(work, where)
        await carrier.close()

        assert isinstance(first, Accepted)
        assert isinstance(second, Deferred)
        assert said(second)["status"] == "500"
        assert server.calls == 2
    assert [_id_in(request) for request in heard[1:]] == [work.delivery.id.encode()]


async def test_a_new_connection_that_goes_away_is_not_tried_again_at_once() -> None:
    async def script(wire: Wire) -> None:
        await wire.hear_request()

    async with serving(script) as (where, server):
        outcome = await carried(where)

        assert isinstance(outcome, InDoubt)
        assert server.calls == 1


async def test_what_closing_breaks_off_is_in_doubt_and_dials_no_more() -> None:
    heard = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say("HTTP/1.1 204 No Content\r\n\r\n")
        await wire.hear_request()
        heard.set()
        await wire.gone()

    async with serving(script) as (where, server):
        carrier = WebhookCarrier(clock=SystemClock())
        await carrier.carry(hook(), where)
        second = asyncio.create_task(carrier.carry(hook(), where))
        await heard.wait()
        await carrier.close()

        assert isinstance(await second, InDoubt)
        assert server.calls == 1


async def test_one_connection_serves_many_events(catcher: WebhookCatcher) -> None:
    async def script(wire: Wire) -> None:
        while await wire.hear_request():
            await wire.say("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok")

    async with serving(script) as (where, server):
        carrier = WebhookCarrier(clock=SystemClock())
        for _ in range(5):
            assert isinstance(await carrier.carry(hook(), where), Accepted)
        await carrier.close()

        assert server.calls == 1


# Receivers that mean no good.


async def test_a_receiver_that_never_answers_is_given_up_in_doubt() -> None:
    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.gone()

    async with serving(script) as (where, _):
        outcome = await carried(where, deadlines=QUICK)

    assert isinstance(outcome, InDoubt)
    assert "in time" in outcome.detail
    assert 0.4 < float(said(outcome)["seconds"]) < 3


@pytest.mark.parametrize(("status", "kind"), [(200, InDoubt), (500, Deferred)])
async def test_a_byte_at_a_time_does_not_stretch_the_deadline(
    status: int, kind: type[Outcome]
) -> None:
    tick = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say(f"HTTP/1.1 {status} Well\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            await wire.say(b".")
            asyncio.get_running_loop().call_later(0.05, tick.set)
            await tick.wait()
            tick.clear()

    async with serving(script) as (where, _):
        outcome = await carried(where, deadlines=QUICK)

    assert isinstance(outcome, kind)
    assert float(said(outcome)["seconds"]) < 3


async def test_a_handshake_that_stalls_is_given_up_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    async with peer(lambda wire: wire.gone()) as server:
        outcome = await carried(endpoint(f"https://127.0.0.1:{server.port}/hook"), deadlines=QUICK)

    assert isinstance(outcome, Deferred)
    assert said(outcome)["phase"] == "connect"


async def test_an_endless_body_is_cut_and_memory_stays_flat() -> None:
    piece = b"x" * 65_536
    pushed = {"octets": 0}

    async def script(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        for _ in range(160_000):
            await wire.say(piece)
            pushed["octets"] += len(piece)

    async with serving(script) as (where, _):
        await carried(where)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        outcome = await carried(where)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert isinstance(outcome, Accepted)
    assert said(outcome)["read"] == "65536"
    assert pushed["octets"] < 100_000_000
    assert peak - before < 5_000_000


async def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    async def script(wire: Wire) -> None:
        await wire.hear_request()
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
        await wire.say(head.encode() + bomb)

    async with serving(script) as (where, _):
        tracemalloc.start()
        outcome = await carried(where)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert isinstance(outcome, Accepted)
    assert said(outcome)["read"] == str(min(len(bomb), 65_536))
    assert peak < 10_000_000


# Under TLS.


@pytest.mark.parametrize("wrong", ["", "expired", "another host's", "unknown authority"])
async def test_a_certificate_is_verified_or_nothing_is_sent(wrong: str, tmp_path: Path) -> None:
    host = "other.test" if wrong == "another host's" else "127.0.0.1"
    made = papers(tmp_path, host, expired=wrong == "expired")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain)
    web = WebhookCatcher(tls=context)
    await web.start()

    ca_file = None if wrong == "unknown authority" else made.authority
    outcome = await carried(endpoint(web.url("/hook")), ca_file=ca_file)
    await web.stop()

    if wrong:
        assert isinstance(outcome, Deferred)
        assert outcome.configuration
        assert "certificate" in outcome.detail
        assert web.calls == []
    else:
        assert isinstance(outcome, Accepted)
        assert said(outcome)["tls"] == "TLSv1.3"
        assert said(outcome)["remote"] == f"127.0.0.1:{web.port}"


async def test_tls_older_than_1_2_is_not_spoken(tmp_path: Path) -> None:
    made = papers(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    web = WebhookCatcher(tls=context)
    await web.start()

    outcome = await carried(endpoint(web.url("/hook")), ca_file=made.authority)
    await web.stop()

    assert isinstance(outcome, Deferred)
    assert web.calls == []


def _id_in(request: bytes) -> bytes:
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
    found = next(line for line in lines if line.lower().startswith(b"webhook-id:"))
    return found.partition(b":")[2].strip()
