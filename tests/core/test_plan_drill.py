"""When a drill begins, whom it goes to, and what it may open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.directory import Contact, Directory, Endpoint
from hub.escalate import after_outcome
from hub.notice import Accepted, Deferred, Leased, Outcome, Refused, RefusedBecause, is_drill
from hub.obligation import ObligationKind
from hub.page import Standing
from hub.plan.drill import drill_day, drill_of, is_time, plan_drill, whom
from hub.vocabulary import (
    AgencyId,
    AgencyKind,
    AttemptId,
    Channel,
    ContactId,
    EndpointId,
    InfoClass,
    Lane,
    Nation,
    Role,
    Rung,
)
from tests import worlds

NOW: Final = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)  # a Tuesday
TOOLS: Final = worlds.tools()
CALENDAR: Final = TOOLS.pack.calendar


@pytest.mark.parametrize(
    ("today", "weekday", "day"),
    [
        ("2026-12-01", "tuesday", "2026-12-01"),
        ("2026-12-01", "monday", "2026-11-30"),
        ("2026-12-01", "friday", "2026-12-04"),
        # Easter Monday 2027: the next working day of that week.
        ("2027-03-31", "monday", "2027-03-30"),
        # Christmas Day 2026 is a Friday, and no day of that week is left.
        ("2026-12-22", "friday", None),
    ],
)
def test_B05_a_drill_is_on_its_day_and_a_bank_holiday_moves_it_on(
    today: str, weekday: str, day: str | None
) -> None:
    found = drill_day(datetime.fromisoformat(f"{today}T12:00:00+00:00"), weekday, CALENDAR)

    assert found == (None if day is None else date.fromisoformat(day))
    assert found is None or CALENDAR.works(found, Nation.ENGLAND_AND_WALES)


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        ("2026-12-01T09:59:59+00:00", False),
        ("2026-12-01T10:00:00+00:00", True),
        ("2026-12-01T16:59:59+00:00", True),
        ("2026-12-01T17:00:00+00:00", False),
        ("2026-12-02T10:00:00+00:00", False),
    ],
)
def test_B05_a_drill_begins_in_working_hours_of_its_day_alone(at: str, begins: bool) -> None:
    assert is_time(datetime.fromisoformat(at), date(2026, 12, 1), 10) is begins


def test_B05_a_drill_is_at_its_hour_in_london_in_summer_too() -> None:
    day = date(2026, 7, 7)

    assert is_time(datetime(2026, 7, 7, 9, 0, tzinfo=UTC), day, 10)
    assert not is_time(datetime(2026, 7, 7, 8, 59, tzinfo=UTC), day, 10)


def test_B05_a_drill_goes_once_to_every_mailbox_and_webhook_in_use() -> None:
    known = TOOLS.directory
    gone = replace(known.contacts[0], usable=False)
    merged = known.contacts[1].agency
    agencies = tuple(
        replace(a, successor=AgencyId("gss:E99999999")) if a.id == merged else a
        for a in known.agencies
    )
    directory = replace(known, contacts=(gone, *known.contacts[1:]), agencies=agencies)

    ids = [each.id for each in whom(known)]
    fewer = {each.id for each in whom(directory)}

    providers = {a.id for a in known.agencies if a.kind is AgencyKind.PROVIDER}
    ways: list[Contact | Endpoint] = [*known.contacts, *known.endpoints]
    assert len(ids) == len(set(ids))
    assert set(ids) == {way.id for way in ways if way.agency not in providers}
    assert gone.id not in fewer
    assert not fewer & {c.id for c in known.contacts if c.agency == merged}


def test_M055_no_drill_tells_a_provider_that_there_is_such_a_hub() -> None:
    known = TOOLS.directory
    providers = {a.id for a in known.agencies if a.kind is AgencyKind.PROVIDER}
    council = known.contacts[0]
    lent = replace(council, id=ContactId("lent"), roles=frozenset({Role.PROVIDER}))
    stranger = replace(council, id=ContactId("stranger"), agency=AgencyId("cqc:1-9999999999"))
    hook = Endpoint(
        id=EndpointId("of-the-home"),
        agency=min(providers),
        roles=frozenset({Role.PROVIDER}),
        url="https://home.example/hook",
        hosts=("home.example",),
    )
    directory = replace(
        known, contacts=(*known.contacts, lent, stranger), endpoints=(*known.endpoints, hook)
    )

    found = whom(directory)

    assert any(c.agency in providers for c in known.contacts), "there is one to be left out"
    assert not {way.agency for way in found} & providers
    assert not {way.id for way in found} & {lent.id, stranger.id, hook.id}


def test_B05_a_drill_is_of_class_C0_says_that_it_is_one_and_names_no_concern() -> None:
    page = plan_drill("2026-12-01", Standing(), TOOLS.directory, TOOLS.sender, TOOLS.mint, NOW)

    assert is_drill(page.id)
    assert (page.concern, page.obligations) == (None, ())
    assert len(page.deliveries) == len(whom(TOOLS.directory))
    for one in page.deliveries:
        assert one.classes == {InfoClass.PROCESS}
        assert one.lane is Lane.BULK
        marked = b"concernhub.drill.v1" if one.channel is Channel.WEBHOOK else b"Subject: DRILL "
        assert marked in one.body
        assert b"This is a drill" in one.body
        assert b"Importance" not in one.body


def of_drill(number: int = 0) -> Leased:
    page = plan_drill("2026-12-01", Standing(), TOOLS.directory, TOOLS.sender, TOOLS.mint, NOW)
    return Leased(
        delivery=page.deliveries[number],
        attempt=AttemptId("a-1"),
        token=1,
        attempts=9,
        first_tried_at=NOW - timedelta(days=3),
        expires_at=NOW,
    )


DEAD: Final = Refused(at=NOW, detail="550 5.1.1", because=RefusedBecause.ADDRESS)


@pytest.mark.parametrize(
    ("outcome", "owed"),
    [
        (Accepted(at=NOW, detail="250", rung=Rung.SUBMITTED), []),
        (Deferred(at=NOW, detail="451"), []),
        (replace(DEAD, because=RefusedBecause.POLICY), []),
        (DEAD, [ObligationKind.REPLACE_CONTACT]),
    ],
)
def test_B05_a_dead_contact_must_be_replaced_and_nobody_else_is_told_or_rung(
    outcome: Outcome, owed: list[ObligationKind]
) -> None:
    following = after_outcome(of_drill(), outcome, now=NOW, mint=SequentialMint())

    assert [one.kind for one in following.obligations] == owed
    assert len(following.receipts) == 1, "it counts against the contact as anything else does"


def test_of_a_notice_the_next_contact_is_told_as_ever() -> None:
    leased = of_drill()
    real = replace(leased, delivery=replace(leased.delivery, concern=worlds.opened().concern))

    following = after_outcome(real, DEAD, now=NOW, mint=SequentialMint())

    assert ObligationKind.REACH in {one.kind for one in following.obligations}


def test_a_drill_goes_to_nobody_where_there_is_nobody() -> None:
    nobody = Contact(
        id=ContactId("c"), agency=AgencyId("a"), roles=frozenset(), name="", address="x@y.example"
    )
    directory = Directory(agencies=(), contacts=(nobody,), endpoints=(), publishers=())

    assert whom(directory) == ()
    assert drill_of("x") == "drill:x"
