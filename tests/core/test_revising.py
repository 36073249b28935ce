"""What is said anew replaces what was said before, and nothing that it alone had said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from hub.decision import Notify, OccasionKind
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.plan.revising import Revisions
from hub.vocabulary import InfoClass
from tests.builders import notice_of, opened, told
from tests.core.story import THE_HOST, THE_REGULATOR, Story

OPENED: Final = opened()


def saying(name: str = "themes.agreed", kind: OccasionKind = OccasionKind.EVENT) -> Notify:
    decision = told(OPENED)
    return replace(decision, occasion=replace(decision.occasion, event_name=name, kind=kind))


def said(revisions: Revisions, decision: Notify, **changes: Any) -> tuple[Notice, int]:  # noqa: ANN401 - of any field
    """Enter one notice more; return it, and how many it replaced."""
    event = replace(OPENED, name=decision.occasion.event_name)
    notice = notice_of(decision, **changes)
    entered, gone = revisions.enter(notice, decision, event, ())
    revisions.add(entered, decision, None)
    return entered, len(gone)


def test_escalation_4_the_same_said_anew_is_the_next_revision_and_replaces_the_one_before() -> None:
    revisions = Revisions()

    found = [said(revisions, saying()) for _ in range(3)]

    assert [(notice.revision, gone) for notice, gone in found] == [(1, 0), (2, 1), (3, 1)]
    assert [one.by for one in revisions.superseded] == [found[1][0].id, found[2][0].id]


@pytest.mark.parametrize(
    "other",
    [
        {"party": THE_HOST},
        {"template": "stage-changed"},
    ],
)
def test_escalation_6_another_party_or_another_notice_is_not_a_revision(
    other: dict[str, Any],
) -> None:
    revisions = Revisions()
    said(revisions, saying())

    notice, gone = said(revisions, saying(), **other)

    assert (notice.revision, gone) == (1, 0)


def test_escalation_6_an_event_that_tells_of_one_more_thing_is_no_newer_revision() -> None:
    revisions = Revisions()
    said(revisions, saying("feedback.recorded"))

    notice, gone = said(revisions, saying("feedback.recorded"))

    assert (notice.subject, notice.revision, gone) == ("", 1, 0)


def test_semantics_11_what_is_told_late_is_history_and_replaces_nothing() -> None:
    revisions = Revisions()
    said(revisions, saying())

    notice, gone = said(revisions, saying(kind=OccasionKind.FOUND_LATE))

    assert (notice.subject, gone) == ("", 0)


def test_escalation_6_of_what_became_free_only_the_whole_position_is_said_anew() -> None:
    revisions, freed = Revisions(), OccasionKind.HOLDS_CHANGED

    found = [
        said(revisions, saying("holds.changed", freed), template=template)
        for template in ("current-position", "now-told", "current-position", "now-told")
    ]

    assert [(notice.revision, gone) for notice, gone in found] == [(1, 0), (1, 0), (2, 1), (1, 0)]


def test_escalation_6_a_notice_that_tells_less_or_asks_less_replaces_nothing() -> None:
    revisions = Revisions()
    both = frozenset({InfoClass.PROCESS, InfoClass.THEMES})
    said(revisions, saying(), classes=both)

    less, of_less = said(revisions, saying(), classes=both - {InfoClass.THEMES})
    silent, of_silent = said(revisions, saying(), classes=both, reply_due=None)
    whole, of_whole = said(revisions, saying(), classes=both)

    assert [less.revision, silent.revision, whole.revision] == [2, 3, 4]
    assert (of_less, of_silent, of_whole) == (0, 0, 3)


def test_escalation_4_a_party_that_did_not_answer_has_been_silent_since_it_was_first_asked() -> (
    None
):
    story = Story()
    story.opens()
    first = story.happens("themes.agreed")
    second = story.happens("themes.agreed", affected_count=7)

    (asked,) = [o for o in first.obligations if _answers(o.kind, o.party)]
    (again,) = [o for o in second.obligations if _answers(o.kind, o.party)]
    assert again.opened_at == asked.opened_at < story.now
    cancelled = {(d.kind, d.key) for d in second.discharges if d.why}
    assert (asked.kind, asked.key) in cancelled
    assert (ObligationKind.REACH, asked.key) in cancelled


def test_escalation_6_the_page_stops_what_was_not_sent_and_says_so_in_the_log() -> None:
    story = Story()
    story.opens()
    first = story.happens("themes.agreed")
    second = story.happens("themes.agreed", affected_count=7)

    unsent = {d.id for d in first.deliveries}
    kinds = [leaf.kind for leaf in second.leaves]
    assert {stop.delivery for stop in second.stops} == unsent
    assert kinds.count("delivery.superseded") == len(unsent)
    assert kinds.count("notice.superseded") == len(first.notices) == len(second.superseded)
    assert {n.revision for n in second.notices} == {2}


def test_escalation_6_what_was_sent_before_is_superseded_and_nothing_of_it_is_stopped() -> None:
    story = Story()
    story.opens()
    first = story.happens("themes.agreed")
    story.all_sent()

    second = story.happens("themes.agreed", affected_count=7)

    assert second.stops == ()
    assert {one.notice for one in second.superseded} == {n.id for n in first.notices}


def _answers(kind: ObligationKind, party: object) -> bool:
    return kind is ObligationKind.ANSWER and party == THE_REGULATOR
