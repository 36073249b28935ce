"""Whether a party may be chased, and that a chase does what it said (decision 0031)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest

from hub.obligation import Climb, Obligation, ObligationKind, ObligationState, Taken, asks_key
from hub.plan.chasing import APART, Chaseable, answer_owed_to, chaseable
from hub.plan.climbing import look
from hub.plan.reach import Known
from hub.receipt import Acknowledgement
from hub.vocabulary import AckStrength, AgencyId, ContactId, RuleId
from tests.core.story import THE_REGULATOR
from tests.core.test_plan_climbing import Scene

HOUR: Final = timedelta(hours=1)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def asked(
    scene: Scene,
    owed: Obligation | None = None,
    *,
    after: timedelta = HOUR,
    chased: tuple[datetime, ...] = (),
    tasks: tuple[Obligation, ...] = (),
) -> Chaseable:
    assert scene.known is not None
    paper, now = scene.story.paper, scene.story.now + after
    owed = owed or scene.owed
    return chaseable(owed, scene.known, paper.standing, (owed, *tasks), chased, paper.tools, now)


def climbing(scene: Scene, **changes: object) -> Obligation:
    assert scene.owed.climb is not None
    climb = replace(scene.owed.climb, **changes)  # type: ignore[arg-type]  # any field of it
    return replace(scene.owed, climb=climb)


def test_a_chase_does_what_it_said_and_the_steps_after_it_keep_their_instants(
    scene: Scene,
) -> None:
    would, paper = asked(scene), scene.story.paper
    now = scene.story.now + HOUR
    assert scene.known is not None
    forward = climbing(scene, next_at=now)
    then = look(forward, scene.known, paper.standing, paper.concern, paper.tools, now)

    assert would.why_not == ""
    assert would.step == 0
    assert would.move == then.move
    assert would.move is not None
    assert [contact.id for contact in would.move.tells] == ["cqc-deputy"]
    assert would.move.climb.step == 1
    assert then.climb is not None
    assert then.climb.next_at is not None
    assert then.climb.next_at > scene.owed.due


def test_the_answer_that_is_owed_is_found_by_its_notice(scene: Scene) -> None:
    assert scene.known is not None
    task = replace(scene.owed, id="t", kind=ObligationKind.PERSON)

    assert answer_owed_to(scene.known, (task, scene.owed)) == scene.owed
    assert answer_owed_to(scene.known, (task,)) is None


def test_whoever_was_told_or_asked_last_has_a_quarter_of_an_hour(scene: Scene) -> None:
    start = scene.story.now
    task = replace(
        scene.owed,
        id="t",
        kind=ObligationKind.PERSON,
        key=f"{asks_key(scene.owed.kind, scene.owed.key)}#host authority",
        opened_at=start + HOUR,
    )
    other = replace(task, key="something else")

    assert "it can be chased from" in asked(scene, after=APART - timedelta(seconds=1)).why_not
    assert asked(scene, after=APART).why_not == ""
    assert "it can be chased from" in asked(scene, chased=(start + HOUR,)).why_not
    assert asked(scene, after=HOUR + APART, chased=(start + HOUR,)).why_not == ""
    assert "it can be chased from" in asked(scene, tasks=(task,)).why_not
    assert asked(scene, tasks=(other,)).why_not == ""


def test_what_climbs_nothing_has_no_step_to_bring_forward(scene: Scene) -> None:
    bare = replace(scene.owed, climb=None)
    ended = climbing(scene, next_at=None)

    for owed in (bare, ended):
        assert "no next step" in asked(scene, owed).why_not
    assert asked(scene, bare).step == 0


def test_escalation_6_what_somebody_has_in_hand_is_not_chased(scene: Scene) -> None:
    now = scene.story.now + HOUR
    taken = replace(scene.owed, taken=Taken(by="Amara Okafor", until=now + HOUR))
    over = replace(scene.owed, taken=Taken(by="Amara Okafor", until=now))

    assert "in the hands of Amara Okafor" in asked(scene, taken).why_not
    assert asked(scene, over).why_not == ""


def test_what_is_being_asked_at_this_moment_is_not_chased(scene: Scene) -> None:
    due = climbing(scene, next_at=scene.story.now + HOUR)

    assert "at this moment" in asked(scene, due).why_not


def test_what_was_held_is_looked_at_again_in_its_own_time(scene: Scene) -> None:
    now = scene.story.now + HOUR
    held = climbing(scene, state=ObligationState.HELD, next_at=now + timedelta(minutes=5))

    assert "It was held" in asked(scene, held).why_not


def test_M072_a_hold_keeps_a_chase_from_doing_anything(scene: Scene) -> None:
    scene.story.held(THE_REGULATOR, "H3", "process")

    assert "A hold keeps it from them" in asked(scene).why_not


def test_who_has_answered_and_who_is_no_party_any_more_is_not_chased(scene: Scene) -> None:
    assert scene.known is not None
    said = Acknowledgement(
        name="Ines Vale", role="Inspector", strength=AckStrength.CODE, organisation="CQC"
    )
    answered = scene.receipt(acknowledgement=said)
    scene.known = replace(scene.known, receipts=(answered,))
    assert asked(scene).why_not == "They have answered"

    gone = Scene()
    party = replace(gone.owed.party, agency=AgencyId("regulator:other"))
    assert "owed no more" in asked(gone, replace(gone.owed, party=party)).why_not


def test_a_step_that_would_tell_nobody_new_is_not_offered(scene: Scene) -> None:
    known: Known | None = scene.known
    assert known is not None
    deputy = replace(known.deliveries[0], target=ContactId("cqc-deputy"))
    scene.known = replace(known, deliveries=(*known.deliveries, deputy))

    found = asked(scene)

    assert found.move is not None
    assert found.move.tells == ()
    assert "has the notice already" in found.why_not


def test_a_ladder_that_no_pack_has_any_more_is_raised(scene: Scene) -> None:
    assert scene.owed.climb is not None
    lost = Climb(
        ladder=RuleId("gone"), anchor=scene.owed.climb.anchor, next_at=scene.owed.climb.next_at
    )

    found = asked(scene, replace(scene.owed, climb=lost))

    assert found.why_not == ""
    assert found.move is not None
    assert [ask.party.role for ask in found.move.asks] == ["head of safeguarding"]
