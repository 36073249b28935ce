"""MESH on the wire: who calls, what each answer means, and no more claimed than was said."""

import hmac
import re
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from hub.adapters.catcher import Reply, WebhookCatcher
from hub.adapters.mesh import Tokens
from hub.adapters.webhook import Deadlines
from hub.directory import Directory
from hub.notice import Accepted, Deferred, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.ports.tracked import Fate
from hub.vocabulary import Channel, Rung
from tests.adapters.carriers.ground import EVENT, StandingClock, leased, mailboxes
from tests.adapters.carriers.mesh import OURS, OUTBOX, TAKEN, TRACKING, mesh
from tests.adapters.carriers.peers import Wire, peer

THERE = mailboxes("mesh:X26OT123")


def message() -> Leased:
    return leased(EVENT, channel=Channel.MESH)


async def carried(url: str, where: Directory = THERE, work: Leased | None = None) -> Outcome:
    carrier = mesh(url, clock=StandingClock(), deadlines=Deadlines(total=0.5, connect=0.3))
    try:
        return await carrier.carry(work or message(), where)
    finally:
        await carrier.close()


@pytest.fixture
async def service() -> AsyncIterator[WebhookCatcher]:
    made = WebhookCatcher()
    await made.start()
    made.always(OUTBOX, Reply(status=202, body=TAKEN))
    yield made
    await made.stop()


@pytest.mark.parametrize(
    ("address", "channel", "mailbox"),
    [
        ("mesh:X26OT123", Channel.MESH, "X26OT123"),
        ("MESH:x26ot123", Channel.MESH, "X26OT123"),
        ("mesh:x26ot123", Channel.MESH, "X26OT123"),
        ("mesh:X26/../Y", Channel.MESH, ""),
        ("mesh:", Channel.MESH, ""),
        ("mesh@agency.test", Channel.EMAIL, ""),
    ],
)
def test_a_mesh_mailbox_is_known_by_its_address(
    address: str, channel: Channel, mailbox: str
) -> None:
    (contact,) = mailboxes(address).contacts

    assert (contact.channel, contact.mesh_mailbox) == (channel, mailbox)


def test_each_token_proves_who_calls_and_is_never_the_same_twice() -> None:
    tokens = Tokens(OURS, StandingClock())

    first, second = tokens.next(), tokens.next()

    scheme, _, rest = first.partition(" ")
    mailbox, nonce, count, time, proof = rest.split(":")
    private = f"{mailbox}:{nonce}:{count}:{OURS.password}:{time}"
    assert (scheme, mailbox, count, time) == ("NHSMESH", OURS.mailbox, "0", "202606150930")
    assert proof == hmac.new(OURS.shared_key, private.encode(), sha256).hexdigest()
    assert first != second
    assert OURS.password not in first + repr(OURS)


async def test_the_message_goes_to_the_mailbox_under_its_workflow_and_our_own_id(
    service: WebhookCatcher,
) -> None:
    work = message()

    outcome = await carried(service.url(""), work=work)

    (call,) = service.calls
    assert (call.path, call.body) == (OUTBOX, work.delivery.body)
    assert call.headers["mex-to"] == "X26OT123"
    assert call.headers["mex-from"] == OURS.mailbox
    assert call.headers["mex-workflowid"] == "CONCERN_TEST"
    assert call.headers["mex-localid"] == work.delivery.id
    assert call.headers["accept"] == "application/vnd.mesh.v2+json"
    assert re.fullmatch(
        r"NHSMESH X26HUB01:[0-9a-f-]{36}:0:[0-9]{12}:[0-9a-f]{64}", call.headers["authorization"]
    )
    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.RELAYED, "202 is no word of the agency's inbox"
    assert dict(outcome.evidence)["message"] == "20260615093000000000_ABCDEF"


async def test_an_answer_of_the_first_version_is_read_as_well(service: WebhookCatcher) -> None:
    service.always(OUTBOX, Reply(status=202, body=b'{"messageID": "old_1"}'))

    outcome = await carried(service.url(""))

    assert isinstance(outcome, Accepted)
    assert dict(outcome.evidence)["message"] == "old_1"


@pytest.mark.parametrize("code", ["12", "17", "EPL-151"])
@pytest.mark.parametrize("version", [1, 2])
async def test_a_mailbox_that_mesh_does_not_know_is_refused(
    service: WebhookCatcher, code: str, version: int
) -> None:
    one = f'{{"messageID": "m", "errorEvent": "SEND", "errorCode": "{code}"}}'
    two = f'{{"message_id": "m", "detail": [{{"event": "SEND", "code": "{code}", "msg": "no"}}]}}'
    service.always(OUTBOX, Reply(status=417, body=(one if version == 1 else two).encode()))

    outcome = await carried(service.url(""))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.ADDRESS


@pytest.mark.parametrize(
    ("status", "body", "configuration"),
    [
        (403, b"", True),
        (401, b'{"detail": "no"}', True),
        (400, b'{"detail": [{"event": "SEND", "code": "09"}]}', True),
        (404, b"[]", True),
        (302, b"", True),
        (408, b"", False),
        (429, b"", False),
        (500, b"\xff", False),
        (503, b"", False),
    ],
)
async def test_what_can_be_put_right_or_passes_is_tried_again(
    service: WebhookCatcher, status: int, body: bytes, configuration: bool
) -> None:
    headers = {"Location": service.url("/elsewhere")}
    service.always(OUTBOX, Reply(status=status, body=body, headers=headers))

    outcome = await carried(service.url(""))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration is configuration
    assert [call.path for call in service.calls] == [OUTBOX], "nowhere else"


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[1]", b'{"message_id": 7}', b'{"message_id": "\xc3\xa9"}']
)
async def test_a_202_that_names_no_message_is_in_doubt(
    service: WebhookCatcher, body: bytes
) -> None:
    service.always(OUTBOX, Reply(status=202, body=body))

    assert isinstance(await carried(service.url("")), InDoubt)


async def test_who_hangs_up_after_the_content_leaves_it_in_doubt_and_it_is_posted_once() -> None:
    async def hangs_up(wire: Wire) -> None:
        await wire.hear_request()

    async with peer(hangs_up) as server:
        outcome = await carried(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, InDoubt)
    assert server.calls == 1


async def test_who_never_answers_is_left_in_doubt_by_the_deadline() -> None:
    async def says_nothing(wire: Wire) -> None:
        await wire.hear_request()
        await wire.gone()

    async with peer(says_nothing) as server:
        assert isinstance(await carried(f"http://127.0.0.1:{server.port}"), InDoubt)


async def test_bytes_that_were_altered_and_mailboxes_of_another_way_go_nowhere(
    service: WebhookCatcher,
) -> None:
    altered = leased(EVENT, channel=Channel.MESH, sha256="0" * 64)

    outcomes = [
        await carried(service.url(""), work=altered),
        await carried(service.url(""), mailboxes("duty@agency.test")),
        await carried(service.url(""), mailboxes("mesh:../outbox")),
    ]

    assert [o.because for o in outcomes if isinstance(o, Refused)] == [
        RefusedBecause.CONFIGURATION,
        RefusedBecause.EGRESS,
        RefusedBecause.ADDRESS,
    ]
    assert service.calls == []


# What became of it.


async def tracked(service: WebhookCatcher, reply: Reply) -> Fate | None:
    service.always(TRACKING, reply)
    carrier = mesh(service.url(""), clock=StandingClock())
    try:
        return await carrier.track("M_1")
    finally:
        await carrier.close()


@pytest.mark.parametrize(
    ("body", "rung", "lost"),
    [
        (b'{"status": "accepted", "status_success": true}', Rung.DELIVERED, False),
        (b'{"status": "Accepted"}', Rung.DELIVERED, False),
        (b'{"status": "acknowledged", "status_success": true}', Rung.COLLECTED, False),
        (b'{"status": "Acknowledged"}', Rung.COLLECTED, False),
        (b'{"status": "undelivered", "status_code": "14"}', None, True),
        (b'{"status": "Undelivered"}', None, True),
        (b'{"status": "error"}', None, True),
        (b'{"status": "accepted", "status_success": false}', None, True),
        (b'{"status": "uploading"}', None, False),
        (b'{"status": 7}', None, False),
        (b"{}", None, False),
        (b"no json", None, False),
    ],
)
async def test_S7_what_mesh_says_of_a_message_is_claimed_and_no_more(
    service: WebhookCatcher, body: bytes, rung: Rung | None, lost: bool
) -> None:
    fate = await tracked(service, Reply(status=200, body=body))

    assert fate is not None
    assert (fate.rung, fate.lost) == (rung, lost)


async def test_a_message_that_mesh_does_not_know_is_neither_there_nor_lost(
    service: WebhookCatcher,
) -> None:
    fate = await tracked(service, Reply(status=404, body=b'{"status": "acknowledged"}'))

    assert fate is not None
    assert (fate.rung, fate.lost) == (None, False)


@pytest.mark.parametrize("status", [302, 401, 403, 429, 500, 503])
async def test_where_mesh_could_not_be_asked_nothing_is_learnt(
    service: WebhookCatcher, status: int
) -> None:
    reply = Reply(
        status=status,
        body=b'{"status": "acknowledged"}',
        headers={"Location": service.url("/elsewhere")},
    )

    assert await tracked(service, reply) is None
    assert [call.path for call in service.calls] == [TRACKING]


async def test_it_asks_about_that_very_message_and_proves_who_asks() -> None:
    heard: list[str] = []

    async def answers(wire: Wire) -> None:
        heard.append((await wire.reader.readuntil(b"\r\n\r\n")).decode())
        await wire.say('HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"status": "accepted"}')

    async with peer(answers) as server:
        carrier = mesh(f"http://127.0.0.1:{server.port}")
        fate = await carrier.track("M 1&x=2")
        await carrier.close()

    assert fate is not None
    assert fate.rung is Rung.DELIVERED
    assert heard[0].startswith(f"GET {TRACKING}?messageID=M+1%26x%3D2 HTTP/1.1\r\n")
    assert "Authorization: NHSMESH X26HUB01:" in heard[0]


async def test_who_hangs_up_when_asked_is_asked_again_another_time() -> None:
    async def hangs_up(wire: Wire) -> None:
        await wire.reader.readuntil(b"\r\n\r\n")

    async with peer(hangs_up) as server:
        carrier = mesh(f"http://127.0.0.1:{server.port}")
        assert await carrier.track("M_1") is None
        calls = server.calls
        await carrier.close()
        assert await carrier.track("M_1") is None

    assert server.calls == calls > 0, "closed, it asks no more"
