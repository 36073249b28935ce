"""Email: each point at which a connection may end, each way it may, replies of every shape."""

from dataclasses import dataclass

import pytest

from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.vocabulary import Rung
from tests.adapters.carriers.ground import MAIL, leased, mailboxes
from tests.adapters.carriers.relay import (
    COVERED,
    OFFERED,
    ONE_BY_ONE,
    PATIENT,
    PLAIN,
    QUICK,
    Relay,
    covering,
    relaying,
)
from tests.servers.papers import Papers, papers

DUTY = mailboxes("duty@agency.test")
LONG = MAIL + b"A long line of a long notice, again and again.\r\n" * 500_000
WORDS = {
    "rst": "the connection was reset",
    "fin": "the mail server hung up",
    "silence": "did not answer in time",
}
PHASES = {"handshake": "starttls", "EHLO again": "ehlo", "after": "dot"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"), "127.0.0.1")


@pytest.fixture(params=[ONE_BY_ONE, OFFERED], ids=["one by one", "in one piece"])
def offered(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What the relay offers: MAIL, RCPT and DATA one after the other, or in one piece."""
    return tuple(request.param)


def said(outcome: Outcome) -> dict[str, str]:
    return dict(outcome.evidence)


async def twice(relay: Relay, made: Papers | None = None) -> tuple[Outcome, Outcome]:
    """Carry one mail into the fault, and then another by the same pool."""
    patience = QUICK if relay.how == "silence" else PATIENT
    body = LONG if relay.ends == "content" else MAIL
    async with relaying(relay, made=made, patience=patience) as (carrier, _):
        first = await carrier.carry(leased(body), DUTY)
        second = await carrier.carry(leased(MAIL), DUTY)
    return first, second


def told_apart(point: str, how: str, outcome: Outcome) -> None:
    """Before the dot it was not told, after the dot nobody knows, after the reply it was."""
    match point:
        case "after":
            assert isinstance(outcome, Accepted)
        case "dot":
            assert isinstance(outcome, InDoubt)
        case _:
            assert isinstance(outcome, Deferred)
            assert not outcome.ours
            assert not outcome.configuration
    assert said(outcome)["phase"] == PHASES.get(point, point.lower())
    if point == "handshake" and how != "silence":
        # The library hears of the end, and does not always say which it was.
        assert WORDS[how] in outcome.detail or "the connection was lost" in outcome.detail
    elif point != "after":
        assert WORDS[how] in outcome.detail
    assert said(outcome)["remote"]


# Where it ends, and how.


@pytest.mark.parametrize("how", ["rst", "fin", "silence"])
@pytest.mark.parametrize("point", PLAIN)
async def test_B03_each_end_is_told_from_every_other_and_the_connection_is_thrown_away(
    point: str, how: str, offered: tuple[str, ...]
) -> None:
    relay = Relay(offered=offered, ends=point, how=how)

    first, second = await twice(relay)

    told_apart(point, how, first)
    if point == "after" and how == "silence":
        # It stood there as if it were well, and was lent; it is not lent again.
        assert isinstance(second, Deferred)
        assert said(second)["phase"] == "mail"
    else:
        assert isinstance(second, Accepted)
        assert relay.calls == 2


@pytest.mark.parametrize("how", ["rst", "fin", "silence"])
@pytest.mark.parametrize("point", COVERED)
async def test_B03_under_cover_too(
    point: str, how: str, made: Papers, offered: tuple[str, ...]
) -> None:
    relay = Relay(offered=offered, ends=point, how=how, tls=covering(made.chain))

    first, second = await twice(relay, made)

    told_apart(point, how, first)
    hid = point in {"greeting", "EHLO", "STARTTLS", "handshake"}
    assert ("tls" in said(first)) is not hid
    if point != "after" or how != "silence":
        assert isinstance(second, Accepted)
        assert relay.calls == 2


@pytest.mark.parametrize("lines", [0, 300, 400, 50_000])
async def test_a_mail_of_any_length_goes_out_under_cover(
    lines: int, made: Papers, offered: tuple[str, ...]
) -> None:
    body = MAIL + b"A long line of a long notice, again and again.\r\n" * lines
    relay = Relay(offered=offered, tls=covering(made.chain), once=False)
    async with relaying(relay, made=made, patience=PATIENT) as (carrier, _):
        outcomes = [await carrier.carry(leased(body), DUTY) for _ in range(3)]

    assert [type(each) for each in outcomes] == [Accepted] * 3
    assert [len(mail) for mail in relay.mails] == [len(body) + body.count(b"\n.") + 3] * 3
    assert relay.calls == 1


async def test_a_connection_that_fell_silent_when_lent_again_is_not_lent_a_third_time(
    offered: tuple[str, ...],
) -> None:
    relay = Relay(offered=offered, ends="after", how="silence")
    async with relaying(relay, patience=QUICK) as (carrier, _):
        outcomes = [await carrier.carry(leased(MAIL), DUTY) for _ in range(3)]

    assert [type(each) for each in outcomes] == [Accepted, Deferred, Accepted]
    assert relay.calls == 2


@pytest.mark.parametrize("point", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("half", ["2", "25", "250", "250 2.0.0 O", "250-2.0.0 Ok\r\n250"])
async def test_half_a_reply_is_none(point: str, half: str, offered: tuple[str, ...]) -> None:
    begins = {"greeting": "22", "DATA": "35"}.get(point, "25")
    relay = Relay(offered=offered, answers={point: half.replace("25", begins)}, cut=point)

    first, second = await twice(relay)

    assert isinstance(first, InDoubt if point == "dot" else Deferred)
    assert said(first)["phase"] == point.lower()
    assert isinstance(second, Accepted)


# What it says.


@pytest.mark.parametrize("crumbs", [False, True])
async def test_replies_of_many_lines_and_in_crumbs_are_read_whole(
    crumbs: bool, offered: tuple[str, ...]
) -> None:
    lines = "250-2.1.5 One\r\n250-\r\n250-2.1.5 two\r\n250"
    relay = Relay(
        offered=offered,
        answers={
            "greeting": "220-mail.test\r\n220-waits\r\n220 for you",
            "MAIL": lines,
            "RCPT": lines,
            "DATA": "354-Go\r\n354 on",
            "dot": "250-2.0.0 Ok\r\n250 2.0.0 queued as 4XyZ",
        },
        once=False,
        crumbs=crumbs,
    )

    first, second = await twice(relay)

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert said(first)["reply"] == "2.0.0 Ok\n2.0.0 queued as 4XyZ"
    assert said(first)["queue id"] == "4XyZ"
    assert relay.calls == 1


@pytest.mark.parametrize("reply", ["250", "250 ", "250 Ok", "250-Ok\r\n250 taken"])
async def test_250_without_an_enhanced_code_is_taken_all_the_same(
    reply: str, offered: tuple[str, ...]
) -> None:
    outcome, _ = await twice(Relay(offered=offered, answers={"dot": reply}))

    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.SUBMITTED
    assert "enhanced" not in said(outcome)
    assert said(outcome)["code"] == "250"


@dataclass(frozen=True)
class Row:
    """What one reply at one point means."""

    point: str
    reply: str
    because: RefusedBecause | None = None
    setting: bool = False
    scope: str = "route"
    kept: bool = False


LATER = [
    Row(point, f"{code} {code[0]}.3.2 Not now", scope=scope, kept=kept)
    for point, scope, kept in (
        ("greeting", "route", False),
        ("EHLO", "route", False),
        ("MAIL", "recipient", True),
        ("RCPT", "recipient", True),
        ("DATA", "recipient", True),
        ("dot", "recipient", True),
    )
    for code in ("450", "451", "452")
]
CLOSING = [
    Row(point, "421 4.3.2 Closing") for point in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot")
]
NEVER = [
    Row("greeting", "554 5.3.2 No", setting=True),
    Row("EHLO", "502 5.5.1 What", setting=True),
    Row("MAIL", "550 5.7.1 No", RefusedBecause.POLICY, kept=True),
    Row("RCPT", "550 5.1.1 No", RefusedBecause.ADDRESS, kept=True),
    Row("DATA", "554 5.7.1 No", RefusedBecause.POLICY, kept=True),
    Row("dot", "554 5.6.0 No", RefusedBecause.UNKNOWN, kept=True),
    Row("MAIL", "530 5.7.0 Sign in", setting=True, kept=True),
]


@pytest.mark.parametrize("row", [*LATER, *CLOSING, *NEVER], ids=lambda r: f"{r.point} {r.reply}")
async def test_each_refusal_at_each_point_and_whether_the_connection_may_go_on(
    row: Row, offered: tuple[str, ...]
) -> None:
    relay = Relay(offered=offered, answers={row.point: row.reply})

    first, second = await twice(relay)

    assert said(first)["phase"] == row.point.lower()
    assert said(first)["code"] == row.reply[:3]
    if row.because is None:
        assert isinstance(first, Deferred)
        assert said(first)["scope"] == row.scope
        assert first.configuration is first.ours is row.setting
    else:
        assert isinstance(first, Refused)
        assert first.because is row.because
    if not row.kept:
        assert isinstance(second, Accepted)
    assert relay.calls == (1 if row.kept else 2)


@pytest.mark.parametrize(
    ("point", "reply", "setting"),
    [
        ("STARTTLS", "421 4.3.2 Closing", False),
        ("STARTTLS", "454 4.7.0 TLS not available", False),
        ("STARTTLS", "502 5.5.1 What", True),
        ("STARTTLS", "250 Ok", False),
        ("EHLO again", "421 4.3.2 Closing", False),
        ("EHLO again", "550 5.7.1 Not you", True),
        ("AUTH", "421 4.3.2 Closing", False),
        ("AUTH", "454 4.7.0 Later", False),
        ("AUTH", "535 5.7.8 Wrong", True),
        ("AUTH", "334 ", False),
        ("AUTH", "250 Ok", False),
    ],
)
async def test_a_refusal_on_the_way_to_cover_or_sign_in_sends_nothing(
    point: str, reply: str, setting: bool, made: Papers
) -> None:
    relay = Relay(answers={point: reply}, tls=covering(made.chain))
    async with relaying(relay, made=made) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Deferred)
    assert outcome.configuration is outcome.ours is setting
    assert said(outcome)["phase"] == PHASES.get(point, point.lower())
    assert said(outcome)["code"] == reply[:3]
    assert relay.mails == []
    assert not any(line.startswith("MAIL") for line in relay.heard)


# A word too many.


@pytest.mark.parametrize(
    ("point", "reply"),
    [
        ("greeting", "220 Hello\r\n250 mail.test"),
        ("MAIL", "250 Ok\r\n250 Ok"),
        ("RCPT", "250 Ok\r\n354 Go on"),
        ("RCPT", "250 Ok\r\n421 Closing"),
        ("DATA", "354 Go on\r\n250 2.0.0 queued as 0"),
        ("DATA", "354 Go on\r\n250 2.0.0 que"),
        ("DATA", "354 Go on\r\n2"),
    ],
)
async def test_a_reply_that_nobody_asked_for_is_never_the_answer_to_something_else(
    point: str, reply: str
) -> None:
    relay = Relay(answers={point: reply, "dot": "550 5.7.1 No"}, offered=ONE_BY_ONE)

    first, second = await twice(relay)

    assert isinstance(first, Deferred)
    assert "out of turn" in first.detail
    assert said(first)["phase"] == point.lower()
    assert isinstance(second, Accepted)
    assert relay.calls == 2


async def test_what_comes_after_the_answer_to_the_dot_costs_the_connection_and_not_the_mail(
    offered: tuple[str, ...],
) -> None:
    relay = Relay(
        offered=offered, answers={"dot": "250 2.0.0 Ok: queued as A\r\n421 4.4.2 Closing"}
    )

    first, second = await twice(relay)

    assert isinstance(first, Accepted)
    assert said(first)["queue id"] == "A"
    assert isinstance(second, Accepted)
    assert relay.calls == 2


@pytest.mark.parametrize(
    "reply",
    [
        "250-2.0.0 Ok\r\n550 5.7.1 No",
        "550-5.7.1 No\r\n250 2.0.0 Ok",
        "2500 Ok",
        "25O Ok",
        "+25 Ok",
        "150 Ok",
        "650 Ok",
        "Ok",
        " 250 Ok",
        "250_Ok",
        "",
    ],
)
@pytest.mark.parametrize("point", ["RCPT", "dot"])
async def test_a_reply_that_contradicts_itself_or_is_none_is_no_success(
    point: str, reply: str, offered: tuple[str, ...]
) -> None:
    relay = Relay(offered=offered, answers={point: reply})

    first, second = await twice(relay)

    assert isinstance(first, InDoubt if point == "dot" else Deferred)
    assert "cannot be read" in first.detail
    assert isinstance(second, Accepted)
    assert relay.calls == 2
