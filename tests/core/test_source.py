"""Themes that point at who raised the concern wait for a sign-off (mission 1.0, C7; S11)."""

from __future__ import annotations

import pytest

from hub.concern.source import HOLD, clues
from hub.decision import Hold, Notify
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import HoldKind, InfoClass
from tests.core.story import PROCESS, THE_PROVIDER, THE_REGULATOR, Story, classes_told, verdicts
from tests.worlds import HOST, event, person
from tests.worlds import opened as opening

WHO = "Somebody who works here: the only night porter"


def said(theme: str) -> list[dict[str, str]]:
    return [{"question": "safe", "theme": theme}]


def opened(theme: str, referrer: str | None = WHO) -> Story:
    story = Story()
    at_once = opening()
    changes = {"themes": said(theme), "referrer": referrer}
    story.takes(event("concern.opened", {**at_once.data.model_dump(mode="json"), **changes}, 0))
    return story


def freed(story: Story) -> Page:
    return story.happens("criminal.status.declared", status="consulted, none")


def held(page: Page) -> list[tuple[InfoClass, HoldKind]]:
    mine = [d for d in page.decisions if d.party == THE_PROVIDER and isinstance(d, Notify | Hold)]
    return [(h.info, h.kind) for d in mine for h in d.held]


@pytest.mark.parametrize(
    ("theme", "referrer", "points"),
    [
        ("Nobody is on the floor at night", WHO, {"night"}),
        ("The porters' keys are not counted", WHO, {"porter"}),
        ("Medicines are late", WHO, set()),
        ("People who work here are tired", WHO, set()),
        ("Nobody is on the floor at night", None, set()),
        ("Rosewood House is cold", "A cook of Rosewood House", set()),
    ],
)
def test_S11_a_theme_points_by_a_telling_word_and_not_by_one_that_fits_anybody(
    theme: str, referrer: str | None, points: set[str]
) -> None:
    assert clues(opened(theme, referrer).concern) == points


def test_S11_such_themes_wait_for_a_sign_off_and_the_provider_still_hears_of_the_process() -> None:
    story = opened("Nobody is on the floor at night")

    page = freed(story)

    assert classes_told(page, THE_PROVIDER) == PROCESS
    assert held(page) == [(InfoClass.THEMES, HoldKind.H9)]
    assert "floor" not in "".join(n.text for n in page.notices if n.party == THE_PROVIDER)
    (review,) = story.owes(ObligationKind.REVIEW_HOLD).values()
    assert review.party.agency == HOST


def test_S11_everybody_else_hears_them() -> None:
    story = opened("Nobody is on the floor at night")

    assert InfoClass.THEMES in classes_told(story.paper.pages[0], THE_REGULATOR)


def test_S11_in_other_words_they_are_told() -> None:
    story = opened("Nobody is on the floor at night")
    freed(story)

    page = story.happens("themes.agreed", themes=said("People wait for help"), risk_level="high")

    assert story.concern.holds == ()
    assert InfoClass.THEMES in classes_told(page, THE_PROVIDER)


def test_S11_once_signed_off_they_are_told_and_the_same_words_wait_no_more() -> None:
    story = opened("Nobody is on the floor at night")
    freed(story)

    page = story.happens(
        "hold.released",
        hold_id=HOLD,
        released_by=person("Lead Enquiry Officer"),
        authority=HOST,
        reason="eleven people work at night",
    )
    again = story.happens(
        "themes.agreed", themes=said("Nobody is on the floor at night"), risk_level="high"
    )

    assert InfoClass.THEMES in classes_told(page, THE_PROVIDER)
    assert verdicts(again)[THE_PROVIDER] == "themes-agreed"
    assert story.concern.holds == ()
