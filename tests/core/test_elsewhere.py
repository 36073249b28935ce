"""Two concerns about one provider: what the police hold on one, the other does not tell (7.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from hub.concern import Concern, Elsewhere
from hub.decision import Hold, OccasionKind
from hub.events import ClosureAuthorised
from hub.obligation import ObligationKind
from hub.page import Page
from hub.plan.standing import reasons_not_to_tell
from hub.vocabulary import ConcernId, CriminalStatus, HoldKind, InfoClass
from tests.core.story import (
    BOTH,
    POLICE,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    Story,
    again,
    classes_told,
    notices_to,
    verdicts,
)
from tests.worlds import HOST, PROVIDER, START, person

OTHER: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0008")


@pytest.fixture
def story() -> Story:
    """A concern where nobody suspects a crime; another about the provider is held by the police."""
    story = Story()
    held_elsewhere(story)
    story.opens()
    held_elsewhere(story)
    story.happens("criminal.status.declared", status="none suspected")
    held_elsewhere(story)
    return story


def held_elsewhere(story: Story, since: datetime | None = START) -> None:
    """The register says since when the other concern holds the provider; None: it does not."""
    others = () if since is None else (Elsewhere(concern=OTHER, since=since),)
    story.paper.standing = replace(story.paper.standing, elsewhere=others)


def agreed(story: Story, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """The police agree, by name, that the provider may hear of this very concern."""
    held = story.paper.standing.elsewhere
    page = story.happens(
        "disclosure.authorised",
        **{
            "disclosure_id": "d-1",
            "party": PROVIDER,
            "role": "provider",
            "info": "process",
            "condition": "safeguarding",
            "basis": "dpa-2018-part-3",
            "authority": POLICE,
            "authorised_by": person("Detective Inspector", "DI Shah"),
            "decided_at": START.isoformat(),
            "reason": "the other enquiry is not put at risk by it",
            **data,
        },
    )
    story.paper.standing = replace(story.paper.standing, elsewhere=held)
    return page


def test_M072_a_second_concern_does_not_tell_the_provider_what_the_police_hold_on_the_first(
    story: Story,
) -> None:
    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_PROVIDER] == "held H1"
    (decision,) = [d for d in page.decisions if d.party == THE_PROVIDER]
    assert isinstance(decision, Hold)
    assert {held.reason.rule for held in decision.held} == {"W10"}
    assert verdicts(page)[THE_REGULATOR] == "themes-agreed"
    assert notices_to(page, THE_PROVIDER) == []


def test_M122_whoever_is_held_by_another_concern_is_a_provider_that_is_held(story: Story) -> None:
    page = story.happens("themes.agreed")

    assert story.owes(ObligationKind.INTERIM_PROTECTION)
    asked = story.owes(ObligationKind.DECIDE_DISCLOSURE)
    assert [(key, owed.party) for key, owed in asked.items()] == [("elsewhere:", THE_POLICE)]
    assert {h.info for h in page.holds if h.party == THE_PROVIDER} == set(InfoClass)


def test_M072_the_police_agree_by_name_and_the_provider_hears_of_this_concern_at_once(
    story: Story,
) -> None:
    story.happens("themes.agreed")
    held_elsewhere(story)

    page = agreed(story)

    assert page.refused == ()
    assert again(page) == {THE_PROVIDER: "provider-informed"}
    assert classes_told(page, THE_PROVIDER) == BOTH
    assert not story.owes(ObligationKind.DECIDE_DISCLOSURE)


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"authority": HOST, "basis": "care-act-42"}, "/data/authority"),
        ({"info": "themes"}, "/data/info"),
        ({"basis": "uk-gdpr-6-1-e"}, "/data/basis"),
        ({"decided_at": (START + timedelta(days=1)).isoformat()}, "/data/decided_at"),
    ],
)
def test_M072_nobody_but_the_police_agrees_and_on_a_law_of_their_own(
    story: Story, data: dict[str, Any], pointer: str
) -> None:
    page = agreed(story, **data)

    assert [f.pointer for refused in page.refused for f in refused.faults] == [pointer]
    assert verdicts(story.happens("themes.agreed"))[THE_PROVIDER] == "held H1"


def test_M072_what_was_agreed_before_the_other_concern_was_held_frees_nothing(
    story: Story,
) -> None:
    agreed(story)
    held_elsewhere(story, START + timedelta(minutes=1))

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_N023_the_police_take_back_what_they_agreed_and_the_provider_hears_no_more(
    story: Story,
) -> None:
    agreed(story)
    held_elsewhere(story)
    story.happens(
        "disclosure.withheld",
        disclosure_id="d-2",
        party=PROVIDER,
        role="provider",
        info="process",
        authority=POLICE,
        decided_by=person("Detective Inspector", "DI Shah"),
        decided_at=START.isoformat(),
        reason="the enquiries touch after all",
        review_due=(START + timedelta(days=3)).isoformat(),
    )
    held_elsewhere(story)

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_M072_what_the_last_look_stopped_is_told_once_the_other_concern_is_free(
    story: Story,
) -> None:
    held_elsewhere(story, None)
    page = story.happens("themes.agreed")
    assert notices_to(page, THE_PROVIDER) != []
    for unsent in [u for u in story.paper.queue.values() if u.party == THE_PROVIDER]:
        story.paper.stopped.add(unsent.delivery)
        del story.paper.queue[unsent.delivery]
    told = tuple(
        replace(t, stopped=True) if t.party == THE_PROVIDER and t.verdict == "notify" else t
        for t in story.paper.standing.history.told
    )
    history = replace(story.paper.standing.history, told=told)
    story.paper.standing = replace(story.paper.standing, history=history)

    after = story.happens(
        "hold.placed", party="regulator:cqc", role="regulator", kind="H6", classes=["referrer"]
    )

    assert again(after)[THE_PROVIDER] == "provider-informed"
    assert classes_told(after, THE_PROVIDER) == BOTH
    assert again(story.happens("chair.appointed")) == {}


def test_M072_a_hold_of_another_concern_stops_what_waits_here(story: Story) -> None:
    held_elsewhere(story, None)
    story.happens("themes.agreed")
    waiting = [u for u in story.paper.queue.values() if u.party == THE_PROVIDER]
    assert waiting
    held_elsewhere(story, START + timedelta(hours=1))

    page = story.happens("lead.agency.set")

    assert {stop.delivery for stop in page.stops} == {u.delivery for u in waiting}
    assert again(page)[THE_PROVIDER] == "held H1"
    story.paper.send(Random(1), share=2.0)
    assert all(sent.delivery.party != THE_PROVIDER for sent in story.paper.sent)


def test_M072_a_concern_says_since_when_it_holds_its_provider_and_when_no_longer() -> None:
    story = Story()
    story.opens()
    unknown = story.concern.provider_held_since
    story.told_by_police("hold")
    advised = story.concern.provider_held_since
    story.happens("themes.agreed")
    same = story.concern.provider_held_since
    story.told_by_police("release", at=START + timedelta(hours=1))
    released = story.concern.provider_held_since

    assert unknown is not None
    assert advised is not None
    assert advised > unknown
    assert same == advised
    assert released is None


def test_M072_a_concern_that_is_held_by_another_alone_holds_nobody_itself(story: Story) -> None:
    story.happens("themes.agreed")

    assert story.concern.held_elsewhere
    assert story.concern.provider_held_since is None


@pytest.mark.parametrize("kind", [HoldKind.H2, HoldKind.H3])
def test_M021_a_hold_that_a_person_placed_on_the_provider_is_one_that_others_heed(
    kind: HoldKind,
) -> None:
    story = Story()
    story.opens()
    story.happens("criminal.status.declared")
    assert story.concern.provider_held_since is None

    page = story.held(THE_PROVIDER, kind)

    assert story.concern.provider_held_since == page.at
    assert [d for d in page.decisions if d.occasion.kind is OccasionKind.HOLDS_CHANGED]
    story.freed()
    assert story.concern.provider_held_since is None


def test_M055_a_status_nobody_knows_is_no_reason_where_nothing_is_open() -> None:
    story = Story()
    story.opens()
    tools, history = story.paper.tools, story.paper.standing.history

    def reasons(concern: Concern) -> frozenset[str]:
        return reasons_not_to_tell(concern, history, tools.pack, tools.directory)

    assert reasons(story.concern)
    authorised = story.made("closure.authorised").data
    assert isinstance(authorised, ClosureAuthorised)
    for changes in ({"opened": False}, {"closure_authorised": authorised}):
        over = replace(story.concern, **changes)
        assert not reasons(over), changes
        assert reasons(replace(over, criminal=CriminalStatus.SUSPECTED)), changes
