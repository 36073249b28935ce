"""A dead duty inbox is a risk in itself: what is broken, what is stale, who is cut off (B05)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.directory import Contact, Directory, Endpoint
from hub.figures import Health, Tried, health_of, out_of_reach
from hub.figures.health import SAID, STALE_AFTER_DAYS, Condition, as_json, said
from hub.vocabulary import AgencyId, Channel, EndpointId, Role, Rung
from tests.core.deliveries import PARTY, SURREY, contact

NOW: Final = datetime(2027, 6, 1, 9, tzinfo=UTC)
TODAY: Final = date(2027, 6, 1)
HOUR: Final = timedelta(hours=1)
DUTY: Final = contact("duty", "duty@surrey.example", 0, verified_on=TODAY)
DEPUTY: Final = contact("deputy", "deputy@surrey.example", 1, verified_on=TODAY)
HOOK: Final = Endpoint(
    id=EndpointId("hook"),
    agency=SURREY,
    roles=frozenset({Role.PLACING_AUTHORITY}),
    url="https://hook.surrey.example/in",
    hosts=("hook.surrey.example",),
)


def mail(target: str = "duty", **came: Any) -> Tried:  # noqa: ANN401 - of any field
    return Tried(channel=Channel.EMAIL, target=target, **came)


BOUNCED: Final = mail(returned_at=NOW - HOUR, failures=1)


def book(*contacts: Contact, hooks: tuple[Endpoint, ...] = ()) -> Directory:
    return Directory(contacts=contacts, endpoints=hooks)


def health(directory: Directory, *tried: Tried) -> dict[str, Health]:
    return {each.target: each for each in health_of(directory, tried, NOW)}


@pytest.mark.parametrize(
    ("came", "broken"),
    [
        ({}, False),
        ({"refused_at": NOW}, True),
        ({"refused_at": NOW, "taken_at": NOW - HOUR}, True),
        ({"refused_at": NOW - HOUR, "taken_at": NOW}, False),
        ({"returned_at": NOW, "taken_at": NOW - HOUR}, True),
        # Our own mail server takes everything: that is no answer to what came back.
        ({"returned_at": NOW - HOUR, "taken_at": NOW}, True),
        ({"returned_at": NOW - HOUR, "taken_at": NOW, "beyond_us_at": NOW}, False),
        ({"returned_at": NOW, "beyond_us_at": NOW}, True),
    ],
)
def test_B05_a_contact_is_broken_while_its_last_failure_stands(
    came: dict[str, Any], broken: bool
) -> None:
    found = health(book(DUTY), mail("duty", **came))["duty"]

    assert (found.condition is Condition.BROKEN) is broken
    assert found.tried.failed_at == came.get("returned_at", came.get("refused_at"))


@pytest.mark.parametrize(
    ("changes", "condition", "days"),
    [
        ({}, Condition.UNTRIED, 0),
        ({"verified_on": TODAY - timedelta(days=STALE_AFTER_DAYS)}, Condition.UNTRIED, 365),
        ({"verified_on": TODAY - timedelta(days=STALE_AFTER_DAYS + 1)}, Condition.STALE, 366),
        ({"verified_on": None}, Condition.STALE, None),
        ({"unverified": True}, Condition.STALE, 0),
    ],
)
def test_B05_a_mailbox_that_nobody_verified_for_a_year_is_stale(
    changes: dict[str, Any], condition: Condition, days: int | None
) -> None:
    found = health(book(replace(DUTY, **changes)))["duty"]

    assert (found.condition, found.verified_days) == (condition, days)


def test_B05_what_was_taken_and_is_verified_is_well() -> None:
    found = health(book(DUTY), mail(taken_at=NOW, taken=Rung.SUBMITTED))["duty"]

    assert found.condition is Condition.WELL
    assert not found.gap
    assert said(found) == "takes what is sent"


@pytest.mark.parametrize(
    ("others", "hooks", "tried", "gap"),
    [
        ((), (), (), True),
        ((DEPUTY,), (), (), False),
        ((DEPUTY,), (), (mail("deputy", refused_at=NOW),), True),
        ((replace(DEPUTY, unverified=True),), (), (), True),
        ((replace(DEPUTY, address="tel:+447700900123"),), (), (), True),
        ((replace(DEPUTY, usable=False),), (), (), True),
        ((replace(DEPUTY, address="Duty@Surrey.example"),), (), (), True),
        ((replace(DEPUTY, roles=frozenset({Role.HOST_AUTHORITY})),), (), (), True),
        ((replace(DEPUTY, agency=AgencyId("gss:E10000016")),), (), (), True),
        ((), (HOOK,), (), False),
        ((), (replace(HOOK, parked=True),), (), True),
    ],
)
def test_B05_a_broken_contact_without_another_way_is_a_coverage_gap(
    others: tuple[Contact, ...],
    hooks: tuple[Endpoint, ...],
    tried: tuple[Tried, ...],
    gap: bool,
) -> None:
    found = health(book(DUTY, *others, hooks=hooks), BOUNCED, *tried)["duty"]

    assert found.gap is gap
    assert found.only_way == ((Role.PLACING_AUTHORITY,) if gap else ())
    assert ("no other way" in said(found)) is gap


def test_B05_a_stale_contact_alone_is_a_gap_too_and_a_well_one_is_none() -> None:
    stale = health(book(replace(DUTY, verified_on=None)))["duty"]

    assert stale.gap
    assert not health(book(DUTY))["duty"].gap
    assert health(book(DUTY))["duty"].only_way == (Role.PLACING_AUTHORITY,)


def test_B05_a_webhook_that_its_agency_closed_is_broken_and_never_stale() -> None:
    closed = health(book(hooks=(replace(HOOK, parked=True),)))["hook"]
    taken = Tried(channel=Channel.WEBHOOK, target="hook", taken_at=NOW, taken=Rung.DELIVERED)

    assert closed.condition is Condition.BROKEN
    assert "closed by its agency" in closed.name
    assert health(book(hooks=(HOOK,)))["hook"].condition is Condition.UNTRIED
    assert health(book(hooks=(HOOK,)), taken)["hook"].condition is Condition.WELL


def test_B05_a_mailbox_and_a_webhook_of_one_id_are_two() -> None:
    hook = replace(HOOK, id=EndpointId("duty"))
    found = health_of(book(DUTY, hooks=(hook,)), [BOUNCED], NOW)

    assert [(h.channel, h.condition) for h in found] == [
        (Channel.EMAIL, Condition.BROKEN),
        (Channel.WEBHOOK, Condition.UNTRIED),
    ]


def test_B05_an_unusable_contact_is_left_out_and_nothing_shows_an_address() -> None:
    found = health_of(book(DUTY, replace(DEPUTY, usable=False)), [BOUNCED], NOW)
    shown = json.dumps([as_json(each) for each in found]) + repr(found)

    assert [each.target for each in found] == ["duty"]
    assert "@" not in shown
    assert '"coverage_gap": true' in shown
    assert set(SAID) == set(Condition)


def test_B05_who_takes_part_and_has_no_contact_in_use_is_out_of_reach() -> None:
    hosting = replace(PARTY, role=Role.HOST_AUTHORITY)
    aside = replace(DUTY, usable=False)

    assert out_of_reach(book(DUTY), [PARTY, hosting]) == (hosting,)
    assert out_of_reach(book(aside), [PARTY, PARTY]) == (PARTY,)
    assert out_of_reach(book(aside, hooks=(HOOK,)), [PARTY]) == ()


# Whatever comes

_AT = st.one_of(st.none(), st.integers(0, 6).map(lambda hours: NOW - hours * HOUR))
_TRIED = st.builds(
    mail,
    st.sampled_from(["duty", "deputy"]),
    taken_at=_AT,
    beyond_us_at=_AT,
    refused_at=_AT,
    returned_at=_AT,
)


@given(st.lists(_TRIED, max_size=2, unique_by=lambda one: one.target))
def test_B05_a_gap_is_never_hidden_and_gaps_come_first(tried: list[Tried]) -> None:
    found = health_of(book(DUTY, DEPUTY), tried, NOW)
    broken = [each for each in found if each.condition is Condition.BROKEN]

    assert len(found) == 2
    assert all(each.gap for each in broken) or len(broken) < 2
    assert any(each.gap for each in found) == (len(broken) == 2)
    assert all(one.gap >= other.gap for one, other in pairwise(found))
