"""What a concern owes until an event ends it (rules.md, escalation 1 and 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.concern import Concern, Matter, Party, after
from hub.decision import History
from hub.obligation import Obligation, ObligationKind
from hub.pack.conditions import applies
from hub.plan.owed import OUTLIVES_CLOSURE, owed_by_the_concern
from hub.vocabulary import AgencyId, Role
from tests.core.closing import authorised
from tests.core.packs import pack
from tests.core.story import THE_HOST, THE_SURREY, Story, placed, shared_tools
from tests.worlds import START, SURREY, opened

ACT: Final = ObligationKind.ACT
NOW: Final = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def begun() -> Concern:
    concern = after(None, opened())
    assert isinstance(concern, Concern)
    return concern


def matter(key: str, kind: ObligationKind = ACT, **more: object) -> Matter:
    return replace(Matter(kind=kind, key=key, says="do what was agreed"), **more)  # type: ignore[arg-type]  # any field of it


def owed(concern: Concern) -> dict[tuple[ObligationKind, str], Obligation]:
    return owed_by_the_concern(concern, History(), shared_tools(), NOW)


def test_a_matter_is_open_until_it_is_met() -> None:
    concern = begun().owing(matter("a-1"))

    assert concern.owes(ACT)
    assert concern.owes(ACT, "a-1")
    assert not concern.owes(ACT, "a-2")
    assert not concern.owes(ObligationKind.ARRANGE_ADVOCACY)
    assert concern.met(ACT, "a-1") == begun()


def test_a_matter_of_the_same_kind_and_key_takes_the_place_of_the_one_before() -> None:
    later = matter("a-1", due=NOW + timedelta(days=3))

    concern = begun().owing(matter("a-1")).owing(matter("a-2")).owing(later)

    assert concern.matters == (matter("a-2"), later)


def test_what_was_never_owed_is_met_without_a_word() -> None:
    concern = begun().owing(matter("a-1"))

    assert concern.met(ACT, "a-9") == concern
    assert concern.met(ObligationKind.CONTRIBUTE, "a-1") == concern


def test_since_when_a_matter_is_owed_is_when_its_event_occurred() -> None:
    # The next event dates what has no date yet, and nothing that has one.
    old = matter("a-1", opened_at=START - timedelta(days=9))
    concern = begun().owing(old).owing(matter("a-2"))
    said = Story().made("themes.agreed")

    then = after(concern, replace(said, occurred=START + timedelta(hours=2)))

    assert isinstance(then, Concern)
    assert {m.key: m.opened_at for m in then.matters} == {
        "a-1": START - timedelta(days=9),
        "a-2": START + timedelta(hours=2),
    }


def test_a_matter_is_an_obligation_of_its_owner_and_else_of_the_host() -> None:
    concern = begun().owing(matter("a-1", owner=THE_SURREY)).owing(matter("a-2"))

    found = owed(concern)

    assert (found[ACT, "a-1:"].party, found[ACT, "a-1:"].says) == (THE_SURREY, "do what was agreed")
    assert found[ACT, "a-2:"].party == THE_HOST


def test_the_events_own_date_counts_and_else_the_packs() -> None:
    concern = begun().owing(matter("a-1", due=NOW + timedelta(hours=7))).owing(matter("a-2"))

    found = owed(concern)

    assert found[ACT, "a-1:"].due == NOW + timedelta(hours=7)
    # Five working days: 2 to 8 December, to the end of the last one in London.
    assert found[ACT, "a-2:"].due == datetime(2026, 12, 8, 17, 0, tzinfo=UTC)


def test_M016_where_several_deadlines_of_the_pack_apply_the_shortest_counts() -> None:
    kind = ObligationKind.CHECK_WELFARE

    def due(risk: str) -> datetime:
        concern = replace(begun(), risk_level=risk).owing(matter("x", kind))
        return owed(concern)[kind, "x:"].due

    assert due("low") == NOW + timedelta(hours=24)
    assert due("high") == NOW + timedelta(hours=4)
    # What nobody knows shortens.
    assert due("unknown") == NOW + timedelta(hours=4)


@pytest.mark.parametrize("kind", ObligationKind)
def test_each_kind_has_one_deadline_without_a_condition_so_that_nothing_is_owed_for_ever(
    kind: ObligationKind,
) -> None:
    mine = [deadline for deadline in pack().deadlines if deadline.kind is kind]
    by_notice = {ObligationKind.ANSWER, ObligationKind.REACH, ObligationKind.PERSON}

    if kind not in by_notice | {ObligationKind.REVIEW_HOLD, ObligationKind.REVIEW_ACCESS}:
        assert sum(not deadline.when for deadline in mine) == 1
        assert any(applies(deadline.when, {}) for deadline in mine)


@pytest.mark.parametrize("kind", [ACT, *sorted(OUTLIVES_CLOSURE)])
def test_the_end_ends_what_is_owed_but_what_the_law_asks_for(kind: ObligationKind) -> None:
    concern = begun().owing(matter("x", kind))
    ended = replace(concern, closure_authorised=authorised())

    assert (kind, "x:") in owed(concern)
    assert ((kind, "x:") in owed(ended)) is (kind in OUTLIVES_CLOSURE)


def test_what_is_met_is_discharged_and_nothing_whose_key_begins_alike() -> None:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    for request in ("r", "r-1", "r:1"):
        story.happens(
            "contribution.requested", commissioner=SURREY, request=request, asked="its records"
        )
    kind = ObligationKind.CONTRIBUTE
    before = set(story.owes(kind))

    page = story.happens(
        "contribution.received",
        commissioner=SURREY,
        request="r",
        outcome="contributed",
        received_at=START.isoformat(),
    )

    assert len(before) == 3
    assert [(met.kind, met.whole) for met in page.discharges] == [(kind, True)]
    assert len(before - set(story.owes(kind))) == 1


def test_an_agency_is_met_as_what_it_is_here_and_else_as_one_that_takes_part() -> None:
    concern = begun()

    assert concern.as_party(AgencyId("gss:E23000033")).role is Role.POLICE
    assert concern.as_party(AgencyId("unit:day-centre")) == Party(
        agency=AgencyId("unit:day-centre"), role=Role.PARTICIPANT
    )
