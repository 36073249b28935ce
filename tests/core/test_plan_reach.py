"""A contact could not be reached: the next is told, or a person must, and never what is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.notice import Delivery
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge, Standing
from hub.plan import rehearse
from hub.plan.reach import Became, Known, reach
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import AckStrength, Channel, Rung, Setback
from tests.core.story import THE_HOST, THE_REGULATOR, Story
from tests.worlds import START, opened


class Scene:
    """The regulator's duty desk could not be reached."""

    def __init__(self) -> None:
        self.story = Story()
        page = self.story.opens()
        self.notice = next(n for n in page.notices if n.party == THE_REGULATOR)
        mine = [d for d in page.deliveries if d.notice == self.notice.id]
        self.mail = next(d for d in mine if d.channel is Channel.EMAIL)
        self.owed = Obligation(
            id="o-1",
            concern=self.notice.concern,
            kind=ObligationKind.REACH,
            party=THE_HOST,
            due=self.story.now,
            opened_at=self.story.now,
            key=f"reach:{self.mail.id}",
            notice=self.notice.id,
            delivery=self.mail.id,
        )

    def receipt(self, **more: object) -> Receipt:
        base = Receipt(
            notice=self.notice.id,
            delivery=self.mail.id,
            attempt=None,
            at=self.story.now,
            source="smtp",
        )
        return replace(base, **more)  # type: ignore[arg-type]  # any field of it

    def becomes(
        self,
        *receipts: Receipt,
        more: tuple[Delivery, ...] = (),
        people: int = 1,
        superseded: bool = False,
    ) -> tuple[Became, object]:
        known = Known(
            notice=self.notice,
            deliveries=(self.mail, *more),
            receipts=receipts,
            people=people,
            superseded=superseded,
        )
        paper = self.story.paper
        return reach(self.owed, known, paper.standing, paper.concern, paper.tools, self.story.now)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_B03_M014_the_next_contact_is_told_the_same_notice(scene: Scene) -> None:
    became, page = scene.becomes(scene.receipt(setback=Setback.FAILED))

    assert became is Became.TOLD
    (delivery,) = page.deliveries  # type: ignore[attr-defined]
    assert (delivery.instead_of, delivery.notice) == (scene.mail.id, scene.notice.id)
    assert delivery.target == "cqc-deputy"
    assert page.discharges == (  # type: ignore[attr-defined]
        Discharge(kind=ObligationKind.REACH, key=scene.owed.key),
    )


def test_a_hold_that_came_meanwhile_keeps_the_next_contact_from_being_told(scene: Scene) -> None:
    scene.story.held(THE_REGULATOR, "H4")

    assert scene.becomes() == (Became.HELD, None)


@pytest.mark.parametrize("rung", [Rung.SUBMITTED, Rung.RELAYED])
def test_what_was_taken_meanwhile_needs_nobody_else(scene: Scene, rung: Rung) -> None:
    became, page = scene.becomes(scene.receipt(rung=rung))

    assert became is Became.NEEDLESS
    assert page.deliveries == ()  # type: ignore[attr-defined]


def test_a_notice_that_somebody_answered_needs_nobody_else(scene: Scene) -> None:
    person = Acknowledgement(
        name="Jo Field", role="Inspector", organisation="CQC", strength=AckStrength.CODE
    )

    became, _ = scene.becomes(scene.receipt(delivery=None, acknowledgement=person))

    assert became is Became.NEEDLESS


def test_escalation_6_a_superseded_notice_is_told_to_nobody_else(scene: Scene) -> None:
    became, page = scene.becomes(scene.receipt(setback=Setback.FAILED), superseded=True)

    assert became is Became.NEEDLESS
    assert page.deliveries == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("people", "then"), [(1, Became.NEEDLESS), (2, Became.TOLD)])
def test_escalation_4_while_more_people_must_answer_the_next_contact_is_still_told(
    scene: Scene, people: int, then: Became
) -> None:
    person = Acknowledgement(
        name="Jo Field", role="Inspector", organisation="CQC", strength=AckStrength.CODE
    )
    answer = scene.receipt(delivery=None, acknowledgement=person)

    became, _ = scene.becomes(scene.receipt(setback=Setback.FAILED), answer, people=people)

    assert became is then


@pytest.mark.parametrize("rung", [Rung.SUBMITTED, Rung.RELAYED])
def test_B04_what_was_taken_and_then_declined_is_told_to_the_next_contact(
    scene: Scene, rung: Rung
) -> None:
    said = scene.receipt(delivery=None, setback=Setback.DECLINED)

    became, page = scene.becomes(scene.receipt(rung=rung), said)

    assert became is Became.TOLD
    assert [d.target for d in page.deliveries] == ["cqc-deputy"]  # type: ignore[attr-defined]


def test_a_contact_that_was_told_instead_already_is_not_told_again(scene: Scene) -> None:
    instead = replace(scene.mail, id=scene.mail.id[:-1], instead_of=scene.mail.id)  # type: ignore[arg-type]

    became, _ = scene.becomes(more=(instead,))

    assert became is Became.NEEDLESS


def test_a_delivery_that_is_not_known_needs_nobody(scene: Scene) -> None:
    scene.owed = replace(scene.owed, delivery=None)

    became, _ = scene.becomes()

    assert became is Became.NEEDLESS


def test_M014_where_nobody_is_left_a_person_of_the_host_must_ring(scene: Scene) -> None:
    tools = scene.story.paper.tools
    alone = tuple(c for c in tools.directory.contacts if c.id != "cqc-deputy")
    scene.story.paper.tools = replace(tools, directory=replace(tools.directory, contacts=alone))

    became, page = scene.becomes()

    assert became is Became.NOBODY_LEFT
    (owed,) = page.obligations  # type: ignore[attr-defined]
    assert (owed.kind, owed.party) == (ObligationKind.PERSON, THE_HOST)


# What would be known after some events.


def test_rehearsing_events_gives_what_planning_them_one_by_one_gives() -> None:
    story = Story()
    early = story.made("stage.changed", from_stage="initial meeting", to_stage="findings")
    opening = Story()
    later = replace(opened(1), occurred=START + timedelta(minutes=1))
    page = opening.paper.take(later, now=later.occurred)

    standing: Standing = rehearse([later, early], story.paper.tools)

    assert standing.concern == page.concern is not None
    assert standing.version == 2
    assert standing.waiting == (early,)
    assert len(standing.history.told) == len(page.decisions)
    assert rehearse([], story.paper.tools) == Standing()
