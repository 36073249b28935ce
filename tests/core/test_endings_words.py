"""What closure notices say of each ending, to each part (004 11.1; M100, M101)."""

from __future__ import annotations

from typing import Final

import pytest

from hub.compose.endings import ending_facts
from hub.concern import Party
from hub.events import ClosureAuthorised, ClosureProposed
from hub.vocabulary import Ending, Role
from tests.core import closing as end
from tests.core.story import THE_PROVIDER, THE_REGULATOR, THE_SURREY, USUAL, Story
from tests.core.test_endings import EVIDENCE, LEO, body, ends, story
from tests.core.test_improvement import CONTRACTS
from tests.worlds import START

__all__ = ["story"]


def test_M100_M101_the_provider_reads_of_an_improvement_and_the_chair_signs(story: Story) -> None:
    story.happens("qa.test.recorded")

    page = ends(story, "improved")

    text = next(n.text for n in page.notices if n.party == THE_PROVIDER)
    assert "I closed the provider concerns process for Rosewood House" in text
    assert "because the service has improved, on evidence (Framework 11.1)." in text
    assert "Keep the improvements going." in text
    assert "Robin Hale, Chair" in text


@pytest.mark.parametrize(
    ("party", "asks"),
    [
        (THE_PROVIDER, "Give the new provider what it needs to keep people safe"),
        (THE_SURREY, "Review each person you placed under the new provider"),
        (CONTRACTS, "See that what was agreed goes on under the new provider"),
        (THE_REGULATOR, "Tell us if anything you hold speaks against this"),
    ],
)
def test_M100_M101_a_transfer_says_to_whom_and_asks_each_for_its_own(
    story: Story, party: Party, asks: str
) -> None:
    page = ends(story, "transferred")

    text = body(next(n.text for n in page.notices if n.party == party))
    assert "because the service has passed to Elmfield Homes Ltd (Framework 11.1)" in text
    assert asks in text
    assert "improve" not in text.lower()


def test_M100_M101_a_concern_that_was_opened_in_error_says_so_and_claims_no_process(
    story: Story,
) -> None:
    page = ends(story, "opened in error")

    texts = [body(n.text) for n in page.notices if n.template == "closure-notice"]
    assert len(texts) > 4
    for text in texts:
        assert "it was opened in error" in text
        assert "I closed the provider concerns process" not in text
        assert "improve" not in text.lower()


def test_M100_M101_what_was_not_initiated_ends_without_a_process_to_close(story: Story) -> None:
    said = {"decided_by": LEO, "decided_at": START.isoformat(), "reason": "it was one event"}
    story.happens("initiation.decided", decision="not initiate", **said)

    page = ends(story, "not initiated")

    text = body(next(n.text for n in page.notices if n.party == THE_PROVIDER))
    assert "it was decided not to start the process" in text
    assert "I closed the provider concerns process" not in text
    assert "There is nothing that you must do for us." in text
    assert "improve" not in text.lower()


_AUTHORISED: Final = {**USUAL["closure.authorised"], "improvement_evidence": "audits are clean"}


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("role", list(Role))
def test_M100_M101_each_ending_reads_right_for_each_part(ending: Ending, role: Role) -> None:
    authorised = ClosureAuthorised.model_validate({**_AUTHORISED, "ending": ending})
    proposed = ClosureProposed.model_validate(
        {"ending": ending, "proposed_by": LEO, **EVIDENCE[ending]}
    )
    concern = end.concern(closure_authorised=authorised, closure_proposed=proposed)

    said = ending_facts(concern, role)

    begun = ending not in {Ending.NOT_INITIATED, Ending.OPENED_IN_ERROR}
    assert ("closed the provider concerns process" in str(said["closing_said"])) is begun
    assert (said["improvement_evidence"] is not None) is (ending is Ending.IMPROVED)
    assert ("improve" in str(said["closing_said"])) is (ending is Ending.IMPROVED)
    assert ("Correct what you recorded" in str(said["closing_action"])) is (
        ending is Ending.OPENED_IN_ERROR and role is not Role.PROVIDER
    )
    assert "Elmfield" in str(said["ending"]) or ending is not Ending.TRANSFERRED


def test_M100_every_part_that_acts_on_an_end_is_asked_for_something_else_by_each_ending() -> None:
    asked = {
        role: [
            ending_facts(end.concern(closure_authorised=_ended(ending)), role)["closing_action"]
            for ending in Ending
        ]
        for role in (Role.PLACING_AUTHORITY, Role.CONTRACTS)
    }

    assert {role: len(set(lines)) for role, lines in asked.items()} == dict.fromkeys(asked, 5)


def _ended(ending: Ending) -> ClosureAuthorised:
    return ClosureAuthorised.model_validate({**_AUTHORISED, "ending": ending})
