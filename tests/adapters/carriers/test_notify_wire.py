"""GOV.UK Notify on the wire: who calls, what each answer means, no more claimed than was said."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.notify import jws
from hub.adapters.webhook import Deadlines
from hub.directory import Directory
from hub.notice import Accepted, Deferred, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.ports.tracked import Fate
from hub.vocabulary import Channel, InfoClass, Rung
from tests.adapters.carriers.ground import NOW, StandingClock, again, leased, mailboxes
from tests.adapters.carriers.notify import (
    NUMBER,
    OTHER_NUMBER,
    OURS,
    SECRET,
    TEMPLATE,
    TEXT,
    Notify,
    Said,
    error,
    notify,
    telephone,
    words_in,
)
from tests.adapters.carriers.peers import Wire, peer

SEND = "POST /v2/notifications/sms"
FIRST = "740e5834-3a29-46b4-9a6f-000000000000"
SHORT = Deadlines(total=0.5, connect=0.3)


def text() -> Leased:
    return leased(TEXT, channel=Channel.SMS)


def in_doubt(work: Leased) -> Leased:
    """The same text, leased once more after a try in doubt."""
    return replace(again(work.delivery), maybe_sent=True)


async def carried(
    url: str,
    work: Leased | None = None,
    where: Directory | None = None,
    wrong: timedelta | None = None,
) -> Outcome:
    clock = StandingClock(NOW + (wrong or timedelta()))
    carrier = notify(url, clock=clock, deadlines=SHORT)
    try:
        return await carrier.carry(work or text(), where or telephone())
    finally:
        await carrier.close()


@pytest.fixture
async def service() -> AsyncIterator[Notify]:
    made = Notify(StandingClock())
    await made.start()
    yield made
    await made.stop()


# Who calls.


def test_a_token_is_signed_as_the_example_of_rfc_7515_is() -> None:
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    header = b'{"typ":"JWT",\r\n "alg":"HS256"}'
    payload = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'

    signed = jws(header, payload, base64.urlsafe_b64decode(key + "=="))

    assert signed == (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )


async def test_the_text_goes_under_our_template_and_the_deliverys_id_with_the_stored_bytes(
    service: Notify,
) -> None:
    work = text()

    outcome = await carried(service.url, work)

    assert service.calls == [SEND]
    assert service.texts == [
        {
            "phone_number": NUMBER,
            "template_id": TEMPLATE,
            "reference": work.delivery.id,
            "personalisation": json.loads(TEXT),
        }
    ]
    assert words_in(service.bodies[0]) == work.delivery.body
    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.SUBMITTED, "201 is no word of any telephone"
    assert dict(outcome.evidence)["message"] == FIRST


async def test_each_try_has_a_token_of_its_own_time_and_no_secret_is_shown(service: Notify) -> None:
    clock = StandingClock()
    carrier = notify(service.url, clock=clock)

    await carrier.carry(text(), telephone())
    clock.at += timedelta(seconds=9)
    outcome = await carrier.carry(text(), telephone())
    await carrier.close()

    assert len(set(service.tokens)) == 2
    assert SECRET not in repr(OURS) + repr(outcome) + str(outcome.evidence)


async def test_a_clock_that_is_wrong_is_a_fault_that_somebody_must_put_right(
    service: Notify,
) -> None:
    outcome = await carried(service.url, wrong=timedelta(seconds=31))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert "clock" in outcome.detail
    assert service.texts == []


async def test_what_is_kept_as_evidence_has_neither_the_number_nor_the_words(
    service: Notify,
) -> None:
    work = text()
    taken = await carried(service.url, work)
    carrier = notify(service.url)
    fate = await carrier.track(FIRST)
    found = await carrier.carry(in_doubt(work), telephone())
    await carrier.close()

    assert fate is not None
    for kept in (taken.evidence, fate.evidence, found.evidence):
        assert NUMBER not in str(kept)
        assert "waiting for you" not in str(kept)


# What each answer means.


async def test_a_number_that_is_no_telephones_is_refused_as_its_address(service: Notify) -> None:
    service.says.append(error(400, "ValidationError", "phone_number Not enough digits"))

    outcome = await carried(service.url)

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.ADDRESS


@pytest.mark.parametrize(
    ("said", "configuration"),
    [
        (error(400, "BadRequestError", "Template not found"), True),
        (error(400, "BadRequestError", "trial mode"), True),
        (error(401, "AuthError"), True),
        (error(403, "AuthError", "Invalid token: API key not found"), True),
        (error(404, "NoResultFound"), True),
        (Said(status=302, headers={"Location": "/elsewhere"}), True),
        (error(429, "TooManyRequestsError", "Exceeded send limits (50) for today"), True),
        (error(429, "RateLimitError"), False),
        (Said(status=408), False),
        (Said(status=429, body=b'{"errors": [7]}'), False),
        (error(500, "Exception", "Internal server error"), False),
        (Said(status=503, body=b"\xff"), False),
    ],
)
async def test_what_can_be_put_right_or_passes_is_tried_again(
    service: Notify, said: Said, configuration: bool
) -> None:
    service.says.append(said)

    outcome = await carried(service.url)

    assert isinstance(outcome, Deferred)
    assert outcome.configuration is configuration
    assert not outcome.ours
    assert service.calls == [SEND], "nowhere else"


async def test_it_waits_as_long_as_notify_asks(service: Notify) -> None:
    service.says.append(Said(status=429, headers={"Retry-After": "90"}))

    outcome = await carried(service.url)

    assert isinstance(outcome, Deferred)
    assert outcome.not_before == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    "said",
    [
        Said(status=201, body=b"", taken=True),
        Said(status=201, body=b"no json", taken=True),
        Said(status=201, body=b"[1]", taken=True),
        Said(status=201, body=b'{"id": 7}', taken=True),
        Said(status=201, body=b'{"id": "../x"}', taken=True),
        Said(status=502, taken=True),
        Said(status=504),
        Said(hangs_up=True, taken=True),
        Said(hangs_up=True),
    ],
)
async def test_where_it_cannot_be_told_whether_notify_has_it_that_is_said(
    service: Notify, said: Said
) -> None:
    service.says.append(said)

    assert isinstance(await carried(service.url), InDoubt)
    assert service.calls == [SEND], "nothing is posted a second time by itself"


async def test_who_never_answers_is_left_in_doubt_by_the_deadline() -> None:
    async def says_nothing(wire: Wire) -> None:
        await wire.hear_request()
        await wire.gone()

    async with peer(says_nothing) as server:
        assert isinstance(await carried(f"http://127.0.0.1:{server.port}"), InDoubt)


async def test_who_hangs_up_before_anything_is_sent_is_tried_again() -> None:
    async with peer(lambda wire: wire.gone()) as server:
        pass

    outcome = await carried(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, Deferred)
    assert not outcome.configuration


NASTY = [
    b'{"errors": ' + b"[" * 400 + b"]" * 400 + b"}",
    b'{"id": ' + b"[" * 5000,
    b'{"status": 1e999, "id": {"a": 1}}',
    b'{"errors": {"error": "x"}, "status": null, "notifications": {"0": 1}}',
    b'{"errors": [null]}',
    b'{"status": "delivered\\u0000", "id": "\\ud800"}',
    b'"' + b"x" * 100_000 + b'"',
    b"\x00" * 64,
]


@pytest.mark.parametrize("body", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("status", [200, 201, 400, 429, 500])
async def test_whatever_is_answered_nothing_is_raised_and_no_telephone_is_claimed(
    service: Notify, status: int, body: bytes
) -> None:
    said = Said(status=status, body=body)
    service.says.append(said)
    sent = await carried(service.url)
    service.says_of_texts = said
    looked_up = await carried(service.url, in_doubt(text()))
    fate = await tracked(service)

    assert not isinstance(sent, Accepted)
    assert not isinstance(looked_up, Accepted)
    assert fate is None or (fate.rung, fate.lost) == (None, False)


# After a try in doubt.


@pytest.mark.parametrize("taken", [True, False])
async def test_S7_a_text_in_doubt_is_looked_up_and_sent_only_where_notify_has_none(
    service: Notify, taken: bool
) -> None:
    work = text()
    service.says.append(Said(hangs_up=True, taken=taken))
    first = await carried(service.url, work)

    second = await carried(service.url, in_doubt(work))

    assert isinstance(first, InDoubt)
    assert isinstance(second, Accepted)
    assert (second.rung, second.found) == (Rung.SUBMITTED, taken)
    assert dict(second.evidence)["message"] == FIRST
    assert len(service.texts) == 1, "one text, whichever way"
    look = f"GET /v2/notifications?reference={work.delivery.id}&template_type=sms"
    assert service.calls == [SEND, look, *[SEND] * (not taken)]


async def test_a_text_that_is_there_twice_is_not_said_to_be_there_once(service: Notify) -> None:
    work = text()
    await carried(service.url, work)
    await carried(service.url, work)

    found = await carried(service.url, in_doubt(work))

    assert isinstance(found, Accepted)
    assert not found.found
    assert dict(found.evidence)["texts there"] == "2"


@pytest.mark.parametrize(
    ("said", "configuration"),
    [
        (error(403, "AuthError"), True),
        (Said(status=500), False),
        (Said(status=200, body=b"[]"), False),
        (Said(status=200, body=b'{"notifications": 7}'), False),
    ],
)
async def test_where_notify_cannot_say_whether_it_has_it_nothing_is_sent_again(
    service: Notify, said: Said, configuration: bool
) -> None:
    service.says_of_texts = said

    outcome = await carried(service.url, in_doubt(text()))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration is configuration
    assert service.texts == []


async def test_where_notify_is_away_when_asked_nothing_is_sent_again() -> None:
    async def hangs_up(wire: Wire) -> None:
        await wire.reader.readuntil(b"\r\n\r\n")

    async with peer(hangs_up) as server:
        outcome = await carried(f"http://127.0.0.1:{server.port}", in_doubt(text()))

    assert isinstance(outcome, Deferred)
    assert not outcome.configuration


async def test_a_list_with_the_texts_of_others_is_not_taken_for_ours(service: Notify) -> None:
    body = {"notifications": [{"reference": "another", "id": FIRST}, {"id": FIRST}, 7]}
    service.says_of_texts = Said(status=200, body=json.dumps(body).encode())

    outcome = await carried(service.url, in_doubt(text()))

    assert isinstance(outcome, Accepted)
    assert not outcome.found
    assert len(service.texts) == 1


# What never leaves.


async def test_what_says_more_than_that_there_is_a_message_goes_by_no_text(service: Notify) -> None:
    work = text()
    more = replace(work.delivery, classes=frozenset({InfoClass.PROCESS, InfoClass.THEMES}))

    outcome = await carried(service.url, replace(work, delivery=more))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.EGRESS
    assert service.calls == []


async def test_bytes_that_were_altered_and_contacts_of_another_way_go_nowhere(
    service: Notify,
) -> None:
    outcomes = [
        await carried(service.url, leased(TEXT, channel=Channel.SMS, sha256="0" * 64)),
        await carried(service.url, where=mailboxes("duty@agency.test")),
        await carried(service.url, where=mailboxes("tel:07700 900123")),
    ]

    assert [o.because for o in outcomes if isinstance(o, Refused)] == [
        RefusedBecause.CONFIGURATION,
        RefusedBecause.EGRESS,
        RefusedBecause.ADDRESS,
    ]
    assert service.calls == []


async def test_a_corrected_number_is_written_to_with_the_same_bytes(service: Notify) -> None:
    work = text()

    await carried(service.url, work)
    await carried(service.url, replace(work, attempts=1), telephone(OTHER_NUMBER))

    assert [one["phone_number"] for one in service.texts] == [NUMBER, OTHER_NUMBER]
    assert len({words_in(body) for body in service.bodies}) == 1


# What became of it.


async def tracked(service: Notify, message: str = FIRST) -> Fate | None:
    carrier = notify(service.url)
    try:
        return await carrier.track(message)
    finally:
        await carrier.close()


@pytest.mark.parametrize(
    ("status", "rung", "lost", "dead"),
    [
        ("created", None, False, True),
        ("sending", None, False, True),
        ("pending", None, False, True),
        ("sent", None, False, True),
        ("delivered", Rung.RELAYED, False, True),
        ("permanent-failure", None, True, True),
        ("temporary-failure", None, True, False),
        ("technical-failure", None, True, False),
        ("Delivered", None, False, True),
        ("read", None, False, True),
        ("", None, False, True),
    ],
)
async def test_S7_what_notify_says_of_a_text_is_claimed_and_no_more(
    service: Notify, status: str, rung: Rung | None, lost: bool, dead: bool
) -> None:
    await carried(service.url)
    service.status = status

    fate = await tracked(service)

    assert fate is not None
    assert (fate.rung, fate.lost, fate.dead) == (rung, lost, dead)
    assert service.calls[-1] == f"GET /v2/notifications/{FIRST}"


@pytest.mark.parametrize("body", [b'{"status": 7}', b'{"status": ["delivered"]}', b"{}", b"no"])
async def test_an_answer_that_says_nothing_claims_nothing(service: Notify, body: bytes) -> None:
    service.says_of_texts = Said(status=200, body=body)

    fate = await tracked(service)

    assert fate is not None
    assert (fate.rung, fate.lost) == (None, False)


@pytest.mark.parametrize("status", [400, 404])
async def test_a_text_that_notify_does_not_know_is_neither_there_nor_lost(
    service: Notify, status: int
) -> None:
    service.says_of_texts = Said(status=status, body=b'{"status": "delivered"}')

    fate = await tracked(service)

    assert fate is not None
    assert (fate.rung, fate.lost) == (None, False)


@pytest.mark.parametrize("status", [302, 401, 403, 429, 500, 503])
async def test_where_notify_could_not_be_asked_nothing_is_learnt(
    service: Notify, status: int
) -> None:
    service.says_of_texts = Said(
        status=status, body=b'{"status": "delivered"}', headers={"Location": "/elsewhere"}
    )

    assert await tracked(service) is None
    assert len(service.calls) == 1


async def test_a_closed_carrier_asks_no_more(service: Notify) -> None:
    carrier = notify(service.url)
    await carrier.close()

    assert await carrier.track(FIRST) is None
    assert service.calls == []
