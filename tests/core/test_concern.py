"""What a concern is after one more event, and which events must wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import pytest

from hub.concern import LAWFUL_MOVES, CannotFollow, Concern, Party, after, reference_for
from hub.events.model import PROCESS, EventData, Line
from hub.vocabulary import ConcernId, InfoClass, PoliceAdvice, Role, Stage
from tests.core.story import THE_HAMPSHIRE, THE_HOST, THE_PROVIDER, THE_SURREY, Story, placed
from tests.worlds import HAMPSHIRE, NHS, SURREY, opened


def _open() -> Concern:
    concern = after(None, opened())
    assert isinstance(concern, Concern)
    return concern


def _then(concern: Concern, name: str, **data: Any) -> Concern | CannotFollow:  # noqa: ANN401 - any
    return after(concern, Story().made(name, **data))


def test_M002_M008_a_concern_begins_with_one_host_and_everybody_it_always_has() -> None:
    concern = _open()

    roles = [party.role for party in concern.parties()]
    assert concern.stage is Stage.DECISION_TO_INITIATE
    assert roles == [
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.POLICE,
        Role.PROVIDER,
        Role.CONTRACTS,
        Role.EMERGENCY_DUTY_TEAM,
        Role.HEAD_OF_SAFEGUARDING,
    ]
    assert THE_HOST in concern.parties()
    assert concern.provider == THE_PROVIDER


def test_M008_a_concern_that_is_open_is_not_opened_again_by_another_host() -> None:
    again = after(_open(), opened(2))

    assert again == CannotFollow(why="this concern has been opened already")


def test_S16_nothing_follows_before_the_opening() -> None:
    early = after(None, Story().made("lead.agency.set"))

    assert early == CannotFollow(why="`concern.opened` has not come")


@pytest.mark.parametrize("to", list(Stage))
@pytest.mark.parametrize("at", list(Stage))
def test_M052_a_stage_follows_only_where_the_framework_says_so(at: Stage, to: Stage) -> None:
    concern = replace(_open(), stage=at)

    then = _then(concern, "stage.changed", from_stage=at, to_stage=to)

    lawful = {
        Stage.DECISION_TO_INITIATE: {Stage.INITIAL_MEETING, Stage.CLOSING},
        Stage.INITIAL_MEETING: {Stage.FINDINGS, Stage.CLOSING},
        Stage.FINDINGS: {Stage.UPDATE, Stage.QUALITY_ASSURANCE, Stage.CLOSING},
        Stage.UPDATE: {Stage.UPDATE, Stage.QUALITY_ASSURANCE, Stage.CLOSING},
        Stage.QUALITY_ASSURANCE: {Stage.FINDINGS, Stage.UPDATE, Stage.CLOSING},
        Stage.CLOSING: set(),
    }[at]
    if to in lawful:
        assert isinstance(then, Concern)
        assert then.stage is to
    else:
        assert then == CannotFollow(why=f"`{to}` cannot follow `{at}` (004 5.1)")
    assert LAWFUL_MOVES[at] == lawful


def test_M052_a_stage_change_from_where_the_concern_is_not_must_wait() -> None:
    then = _then(_open(), "stage.changed", from_stage="findings", to_stage="update")

    assert isinstance(then, CannotFollow)
    assert then.why == "the concern is at `decision to initiate`, the event says `findings`"


def test_M004_M025_the_register_of_placements_names_each_commissioner_once() -> None:
    concern = _then(
        _open(),
        "placement.register.declared",
        placements=[
            placed(SURREY, "SCC-1"),
            placed(SURREY, "SCC-2", "SCC-1"),
            placed(NHS, "QNX-1", kind="icb"),
            placed(None),
        ],
    )

    assert isinstance(concern, Concern)
    assert concern.adults_of(THE_SURREY) == ("SCC-1", "SCC-2")
    assert Party(agency=NHS, role=Role.PLACING_ICB) in concern.parties()  # type: ignore[arg-type]
    assert concern.adults_of(THE_HOST) == ()
    assert (concern.unknown_funders, concern.placements_known) == (1, False)


def test_M004_all_are_known_only_once_the_last_unknown_funder_is_found() -> None:
    first = _then(_open(), "placement.register.declared", placements=[placed(None), placed(None)])
    assert isinstance(first, Concern)

    one = _then(first, "placement.register.amended", unknown_resolved=1)
    assert isinstance(one, Concern)
    none = _then(
        one,
        "placement.register.amended",
        added=[placed(HAMPSHIRE, "HCC-1")],
        unknown_resolved=5,
    )
    assert isinstance(none, Concern)

    assert (one.unknown_funders, one.placements_known) == (1, False)
    assert (none.unknown_funders, none.placements_known) == (0, True)
    assert none.adults_of(THE_HAMPSHIRE) == ("HCC-1",)


def test_M004_a_register_that_does_not_say_it_is_complete_is_not_known() -> None:
    then = _then(_open(), "placement.register.declared", complete=False)

    assert isinstance(then, Concern)
    assert not then.placements_known


def test_M041_an_authority_whose_adults_moved_out_stays_a_party() -> None:
    here = _then(_open(), "placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    assert isinstance(here, Concern)

    gone = _then(here, "placement.register.amended", moved_out=[SURREY])

    assert isinstance(gone, Concern)
    assert [c.moved_out for c in gone.commissioners] == [True]
    assert THE_SURREY in gone.parties()


def test_M072_a_partial_release_keeps_its_classes_and_the_next_advice_forgets_them() -> None:
    partial = _then(
        _open(),
        "police.advice.recorded",
        advice="partial release",
        classes=["process"],
        advised_at="2026-12-01T10:00:00Z",
        review_due="2026-12-04T10:00:00Z",
    )
    assert isinstance(partial, Concern)
    then = _then(
        partial, "police.advice.recorded", advice="release", advised_at="2026-12-01T11:00:00Z"
    )
    assert isinstance(then, Concern)

    assert partial.police_released == {InfoClass.PROCESS}
    assert (then.police_advice, then.police_released) == (PoliceAdvice.RELEASE, frozenset())
    assert then.police_review_due is None


def test_M059_agreed_themes_replace_the_first_ones_and_a_count_left_out_stays() -> None:
    kept = _then(_open(), "themes.agreed")
    counted = _then(_open(), "themes.agreed", affected_count=7)

    assert isinstance(kept, Concern)
    assert isinstance(counted, Concern)
    assert [theme.theme for theme in kept.themes] == ["leadership"]
    assert (kept.risk_level, kept.affected_count, counted.affected_count) == ("critical", 4, 7)


def test_M020_M030_M068_meetings_and_reviews_of_involvement_are_kept_in_order() -> None:
    assert isinstance(_then(_open(), "meeting.scheduled"), CannotFollow)  # the Chair invites
    chaired = _then(_open(), "chair.appointed")
    assert isinstance(chaired, Concern)
    met = _then(chaired, "meeting.scheduled")
    assert isinstance(met, Concern)
    again = _then(met, "meeting.scheduled", kind="update")
    assert isinstance(again, Concern)
    seen = _then(again, "provider.involvement.reviewed")
    assert isinstance(seen, Concern)

    assert [meeting.kind for meeting in again.meetings] == ["findings", "update"]
    assert [review.stage for review in seen.involvement] == [Stage.FINDINGS]


def _closing() -> Concern:
    concern = replace(_open(), stage=Stage.CLOSING)
    with_chair = _then(concern, "chair.appointed")
    assert isinstance(with_chair, Concern)
    tested = _then(with_chair, "qa.test.recorded")
    assert isinstance(tested, Concern)
    proposed = _then(tested, "closure.proposed")
    assert isinstance(proposed, Concern)
    return proposed


def test_M101_the_chair_of_record_authorises_what_was_proposed() -> None:
    then = _then(_closing(), "closure.authorised")

    assert isinstance(then, Concern)
    assert then.closure_authorised is not None


@pytest.mark.parametrize(
    ("changes", "data", "why"),
    [
        ({"closure_proposed": None}, {}, "`closure.proposed` has not come (004 11.1)"),
        ({}, {"ending": "transferred"}, "`improved` was proposed, `transferred` is authorised"),
        ({"chair": None}, {}, "`chair.appointed` has not come (004 4.1e, 11.1)"),
        (
            {},
            {"chair": {"name": "Somebody Else", "role": "Chair"}},
            "somebody else is the Chair of record (004 11.1)",
        ),
        ({"stage": Stage.FINDINGS}, {}, "the concern is at `findings`, not at `closing`"),
    ],
)
def test_M100_M101_closure_waits_for_what_it_rests_on(
    changes: dict[str, Any], data: dict[str, Any], why: str
) -> None:
    then = _then(replace(_closing(), **changes), "closure.authorised", **data)

    assert then == CannotFollow(why=why)


class SomethingSaid(EventData):
    """An event for which nothing is registered in `follow`."""

    wire: ClassVar[str] = "something.said"
    what: Annotated[Line, PROCESS]


def test_an_event_from_which_nothing_more_follows_is_remembered_and_changes_nothing_else() -> None:
    before = _open()
    strange = replace(opened(1), name="something.said", data=SomethingSaid(what="it rained"))

    then = after(before, strange)

    assert isinstance(then, Concern)
    assert then.last(SomethingSaid) == SomethingSaid(what="it rained")
    assert replace(then, said=before.said) == before


def test_a_reference_is_the_same_for_ever_and_has_no_letter_that_is_misread() -> None:
    concern = ConcernId("019ac1d2-7400-7000-8000-0000000c0009")

    reference = reference_for(concern)

    assert reference == reference_for(concern) != reference_for(ConcernId("another"))
    assert len(reference) == len("PC-7K3M-2QXA")
    assert not set(reference.removeprefix("PC-")) & set("01ILO")
