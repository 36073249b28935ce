"""One look at a ladder: which one it is, what is written, and what is never sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.obligation import Climb, Obligation, ObligationKind, ObligationState
from hub.plan.climbing import Looked, look
from hub.plan.reach import Known
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import AckStrength, RuleId, Rung, Setback
from tests.core.story import THE_HOST, THE_REGULATOR, Story
from tests.worlds import START

WEEK: Final = timedelta(days=7)


class Scene:
    """The regulator was told of a concern, and its answer is long overdue."""

    def __init__(self) -> None:
        self.story = Story()
        page = self.story.opens()
        notice = next(n for n in page.notices if n.party == THE_REGULATOR)
        mine = tuple(d for d in page.deliveries if d.notice == notice.id)
        self.known: Known | None = Known(notice=notice, deliveries=mine, receipts=())
        self.owed = next(o for o in page.obligations if o.notice == notice.id)
        self.page = page

    def look(self, owed: Obligation | None = None) -> Looked:
        paper = self.story.paper
        now = self.story.now + WEEK
        return look(owed or self.owed, self.known, paper.standing, paper.concern, paper.tools, now)

    def receipt(self, **more: object) -> Receipt:
        assert self.known is not None
        base = Receipt(
            notice=self.known.notice.id,
            delivery=self.known.deliveries[0].id,
            attempt=None,
            at=START,
            source="smtp",
        )
        return replace(base, **more)  # type: ignore[arg-type]  # any field of it


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_becomes_owed_stands_at_the_foot_of_its_ladder(scene: Scene) -> None:
    climbs = {o.kind: o.climb and o.climb.ladder for o in scene.page.obligations}

    assert climbs[ObligationKind.ANSWER] == "L3"
    assert climbs[ObligationKind.CONSULT_POLICE] == "L9"
    assert scene.owed.climb is not None
    assert scene.owed.climb.anchor == scene.owed.due


def test_M014_an_overdue_answer_tells_the_deputy_and_asks_the_officer_to_phone(
    scene: Scene,
) -> None:
    looked = scene.look()

    assert looked.page is not None
    (delivery,) = looked.page.deliveries
    assert (delivery.target, delivery.notice) == ("cqc-deputy", scene.owed.notice)
    assert {o.party.role for o in looked.page.obligations} == {
        "host authority",
        "head of safeguarding",
    }
    assert all(o.kind is ObligationKind.PERSON for o in looked.page.obligations)
    assert {d.key for d in looked.page.discharges} == {o.key for o in looked.page.obligations}


def test_a_deputy_that_was_told_and_refused_is_not_told_again(scene: Scene) -> None:
    assert scene.known is not None
    first = scene.known.deliveries[0]
    deputy = replace(first, id="d-2", target="cqc-deputy")  # type: ignore[arg-type]
    refused = scene.receipt(delivery="d-2", setback=Setback.REFUSED)
    scene.known = replace(scene.known, deliveries=(first, deputy), receipts=(refused,))

    looked = scene.look()

    assert looked.page is not None
    assert looked.page.deliveries == ()


@pytest.mark.parametrize(
    ("until", "told"), [(timedelta(days=9), ["cqc-deputy"]), (timedelta(days=1), [])]
)
def test_H7_a_deputy_whose_accreditation_has_run_out_by_then_is_told_nothing(
    scene: Scene, until: timedelta, told: list[str]
) -> None:
    paper = scene.story.paper
    last = (START + until).date()
    contacts = tuple(
        replace(c, accredited_until=last) if c.id == "cqc-deputy" else c
        for c in paper.tools.directory.contacts
    )
    directory = replace(paper.tools.directory, contacts=contacts)
    paper.tools = replace(paper.tools, directory=directory)

    looked = scene.look()

    assert looked.page is not None
    assert [delivery.target for delivery in looked.page.deliveries] == told
    assert looked.page.obligations  # Somebody is asked to ring in either case.


def test_a_party_that_nothing_could_be_sent_to_is_told_once_it_has_a_mailbox(scene: Scene) -> None:
    assert scene.known is not None
    scene.known = replace(scene.known, deliveries=())

    looked = scene.look()

    assert looked.page is not None
    assert [d.instead_of for d in looked.page.deliveries] == [None]


def test_a_hold_keeps_the_deputy_from_being_told_and_everybody_from_ringing(scene: Scene) -> None:
    scene.story.held(THE_REGULATOR, "H4")

    looked = scene.look()

    assert looked.page is None
    assert looked.climb is not None
    assert looked.climb.state is ObligationState.HELD


def test_an_answer_that_came_meanwhile_ends_it(scene: Scene) -> None:
    person = Acknowledgement(
        name="Jo Field", role="Inspector", organisation="CQC", strength=AckStrength.CODE
    )
    assert scene.known is not None
    answer = scene.receipt(delivery=None, acknowledgement=person)
    scene.known = replace(scene.known, receipts=(answer,))

    looked = scene.look()

    assert looked.climb is not None
    assert looked.climb.state is ObligationState.DISCHARGED
    assert looked.page is not None
    assert (looked.page.deliveries, looked.page.obligations) == ((), ())
    assert [leaf.kind for leaf in looked.page.leaves] == ["obligation.discharged"]


def test_where_two_people_must_answer_one_who_did_and_what_machines_said_do_not_end_it(
    scene: Scene,
) -> None:
    person = Acknowledgement(
        name="Jo Field", role="Inspector", organisation="CQC", strength=AckStrength.CODE
    )
    assert scene.known is not None
    answer = scene.receipt(delivery=None, acknowledgement=person)
    scene.known = replace(scene.known, receipts=(scene.receipt(rung=Rung.RELAYED), answer))

    looked = scene.look(replace(scene.owed, people=2))

    assert looked.climb is not None
    assert looked.climb.state is not ObligationState.DISCHARGED
    assert looked.page is not None
    assert looked.page.obligations


def test_whoever_is_no_party_any_more_is_not_asked_and_the_reason_stands(scene: Scene) -> None:
    elsewhere = replace(THE_REGULATOR, agency=THE_HOST.agency)

    looked = scene.look(replace(scene.owed, party=elsewhere))

    assert looked.climb is not None
    assert looked.climb.state is ObligationState.CANCELLED
    assert looked.climb.why == "is no regulator here any more"


def test_what_was_owed_before_there_were_ladders_is_given_the_one_it_fits(scene: Scene) -> None:
    bare = replace(scene.owed, climb=None)
    police = next(o for o in scene.page.obligations if o.kind is ObligationKind.CONSULT_POLICE)

    answer = scene.look(bare)
    scene.known = None
    asked = scene.look(replace(police, climb=None))
    nothing = scene.look(replace(police, climb=None, kind=ObligationKind.SIGN_AGREEMENT))

    assert answer.climb is not None
    assert answer.climb.ladder == "L3"
    assert asked.climb is not None
    assert asked.climb.ladder == "L9"
    assert (nothing.climb, nothing.page) == (None, None)


def test_a_ladder_that_the_pack_has_dropped_is_raised_to_the_head(scene: Scene) -> None:
    lost = Climb(ladder=RuleId("L77"), anchor=START, step=1, next_at=START)

    looked = scene.look(replace(scene.owed, climb=lost))

    assert looked.climb is not None
    assert looked.climb.state is ObligationState.RE_RAISED
    assert looked.page is not None
    assert [o.party.role for o in looked.page.obligations] == ["head of safeguarding"]


def test_what_has_not_come_yet_writes_nothing(scene: Scene) -> None:
    assert scene.owed.climb is not None
    later = replace(scene.owed.climb, next_at=scene.story.now + 2 * WEEK)

    looked = scene.look(replace(scene.owed, climb=later))

    assert (looked.page, looked.climb) == (None, later)
