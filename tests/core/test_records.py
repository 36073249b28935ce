"""Mistakes, the Board's requests, people's own, and how long records are kept (000 7, 8.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.closure import closure_set, left_out
from hub.concern import Party
from hub.concern.records import one_month_after
from hub.decide import facts_about
from hub.decision import History
from hub.events import EVENTS
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.decided import (
    SAID,
    THE_BOARD,
    THE_OFFICER,
    begun,
    notice_to,
    refused,
    says,
    told,
)
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import NHS, START, SURREY

NHS_PLACING: Final = Party(agency=AgencyId(NHS), role=Role.PLACING_ICB)


@pytest.fixture
def story() -> Story:
    return begun(status="consulted, none")


def closed(story: Story) -> None:
    """The process ends."""
    story.happens("chair.appointed")
    story.happens("stage.changed", from_stage="decision to initiate", to_stage="closing")
    story.happens("closure.proposed")
    story.happens("closure.authorised")


def test_B03_a_wrong_recipient_is_told_to_delete_and_nothing_of_what_it_was_told(
    story: Story,
) -> None:
    story.all_sent()

    page = says(story, "notice.recalled")

    assert told(page) == {
        THE_SURREY: "recall",
        NHS_PLACING: "recall-of-yours",
        THE_OFFICER: "breach-to-report",
        THE_HOST: "breach-to-report",
    }
    wrong = notice_to(page, THE_SURREY)
    assert wrong.classes == PROCESS
    assert "By acknowledging you confirm that it is deleted." in wrong.text
    assert "SCC-1" not in wrong.text
    assert "Rosewood" not in wrong.text.split("What to do")[0]
    answer = [o for o in page.obligations if o.kind is ObligationKind.ANSWER]
    assert (THE_SURREY, "acknowledged") in {(o.party, o.required) for o in answer}


def test_B03_whose_adults_they_are_hears_that_it_happened_with_its_own_numbers(
    story: Story,
) -> None:
    page = says(story, "notice.recalled")

    text = notice_to(page, NHS_PLACING).text
    assert classes_told(page, NHS_PLACING) == PROCESS | {InfoClass.PLACED_ADULT}
    assert "Your record numbers there: NHS-4." in text
    assert "SCC-1" not in text


def test_B03_the_data_protection_officer_has_72_hours_from_its_discovery(story: Story) -> None:
    page = says(story, "notice.recalled")

    (owed,) = [o for o in page.obligations if o.kind is ObligationKind.REPORT_BREACH]
    assert (owed.party, owed.due) == (THE_OFFICER, START + timedelta(hours=72))
    assert "the law gives 72 hours" in notice_to(page, THE_OFFICER).text

    decided = says(story, "breach.decided")

    assert not story.owes(ObligationKind.REPORT_BREACH)
    assert told(decided) == {THE_HOST: "breach-decided"}


def test_B03_a_breach_is_owed_its_report_though_the_process_has_ended(story: Story) -> None:
    closed(story)

    page = says(story, "notice.recalled")

    assert told(page)[THE_OFFICER] == "breach-to-report"
    assert story.owes(ObligationKind.REPORT_BREACH)


def test_B03_what_still_waits_of_a_recalled_notice_is_never_sent(story: Story) -> None:
    waiting = [
        u
        for u in story.paper.queue.values()
        if u.party == THE_SURREY and u.event_name == "placement.register.declared"
    ]
    assert waiting

    page = says(story, "notice.recalled", event=waiting[0].event)

    assert {s.delivery for s in page.stops} == {u.delivery for u in waiting}
    assert {s.reason for s in page.stops} == {"recalled: it would go to a wrong recipient"}


def test_B03_who_was_told_by_mistake_alone_hears_no_more_and_is_left_out_with_its_reason(
    story: Story,
) -> None:
    story.all_sent()
    says(story, "notice.recalled")

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_SURREY] == "withheld"
    history = story.paper.standing.history
    assert THE_SURREY in history.ever_told()
    assert THE_SURREY not in closure_set(story.concern, history)
    assert left_out(story.concern)[0] == (
        f"the placing authority {SURREY} was told by mistake alone "
        "(recall rc-1: a slip in the register of placements)"
    )


def test_B03_who_was_told_too_much_still_has_its_part(story: Story) -> None:
    says(story, "notice.recalled", only_by_mistake=False)

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_SURREY] == "themes-agreed"
    assert left_out(story.concern) == ()


def test_B03_M101_no_recall_makes_the_end_forget_whoever_every_concern_has(story: Story) -> None:
    desk = Party(agency=THE_HOST.agency, role=Role.CONTRACTS)
    says(story, "notice.recalled", party=desk.agency, role=desk.role)

    page = story.happens("themes.agreed")

    assert verdicts(page)[desk] == "themes-agreed"
    assert desk in closure_set(story.concern, story.paper.standing.history)


def test_B03_an_authority_that_is_found_to_have_a_part_after_all_hears_again(story: Story) -> None:
    says(story, "notice.recalled")
    story.happens("placement.register.amended", added=[placed(SURREY, "SCC-9")])

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_SURREY] == "themes-agreed"
    assert THE_SURREY in closure_set(story.concern, story.paper.standing.history)


def test_B03_the_people_of_whoever_is_recalled_are_not_told_to_delete_what_they_never_had(
    story: Story,
) -> None:
    people = replace(THE_SURREY, role=Role.ADULTS)
    page = says(story, "notice.recalled")
    recall = next(d.occasion for d in page.decisions if d.party == THE_SURREY)

    said = {
        party: facts_about(party, story.concern, History(), recall)["mistaken"]
        for party in (THE_SURREY, people, THE_HOST)
    }

    assert said == {THE_SURREY: "recalled", people: "yes", THE_HOST: "no"}


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (
            {"party": "regulator:cqc", "role": "regulator"},
            "/data/only_by_mistake",
        ),
        ({"party": "gss:E10000014"}, "/data/party"),
    ],
)
def test_B03_the_regulator_is_never_a_mistake_and_no_notice_went_to_a_stranger(
    story: Story, data: dict[str, Any], pointer: str
) -> None:
    page = says(story, "notice.recalled", **data)

    assert [where for where, _ in refused(page)] == [pointer]


def test_B03_a_decision_about_a_breach_waits_for_its_recall(story: Story) -> None:
    page = says(story, "breach.decided")

    assert page.waiting[0].why == "recall `rc-1` has not come"


def test_B03_the_board_asks_about_an_old_concern_and_the_host_answers_by_a_clock(
    story: Story,
) -> None:
    closed(story)

    page = says(story, "board.request.received")

    assert told(page) == {THE_BOARD: "board-request", THE_HOST: "board-request-to-answer"}
    assert classes_told(page, THE_BOARD) == BOTH
    assert "It asks: a chronology." in notice_to(page, THE_HOST).text
    assert "who is asked must comply" in notice_to(page, THE_HOST).text
    (owed,) = story.owes(ObligationKind.ANSWER_BOARD).values()
    assert owed.party == THE_HOST
    assert owed.due == datetime(2026, 12, 15, 17, tzinfo=UTC)

    answered = says(story, "board.request.answered")

    assert told(answered) == {THE_BOARD: "board-answered"}
    assert not story.owes(ObligationKind.ANSWER_BOARD)


def test_N029_a_subject_access_request_is_owed_within_the_month_and_exempt_entries_have_a_basis(
    story: Story,
) -> None:
    closed(story)

    page = says(story, "subject.access.requested")

    assert told(page) == {THE_OFFICER: "access-request", THE_HOST: "access-request"}
    (owed,) = story.owes(ObligationKind.ANSWER_SUBJECT).values()
    assert owed.due == datetime(2027, 1, 31, 10, tzinfo=UTC)
    with pytest.raises(ValidationError):
        EVENTS["subject.access.answered"].model_validate(
            {**SAID["subject.access.answered"], "exempt": [{"entry": "d-1"}]}
        )

    says(story, "subject.access.answered")

    assert not story.owes(ObligationKind.ANSWER_SUBJECT)
    (kept,) = story.concern.every(EVENTS["subject.access.answered"])
    assert kept.model_dump()["exempt"] == ({"entry": "d-1", "sar_exempt_basis": "serious harm"},)


def test_a_month_ends_on_its_last_day_where_it_is_shorter() -> None:
    def after(year: int, month: int, day: int) -> datetime:
        return one_month_after(datetime(year, month, day, 9, tzinfo=UTC))

    assert after(2027, 1, 31) == datetime(2027, 2, 28, 9, tzinfo=UTC)
    assert after(2026, 12, 15) == datetime(2027, 1, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "flagged"), [(1, False), (24, False), (25, True)])
def test_N030_what_comes_long_after_it_occurred_is_flagged_on_the_log(
    story: Story, hours: int, flagged: bool
) -> None:
    event = story.made("themes.agreed")
    came = replace(event, received=event.occurred + timedelta(hours=hours))

    page = story.takes(came)

    (leaf,) = [leaf for leaf in page.leaves if leaf.kind == "event.applied"]
    assert (b'"late":"yes"' in leaf.data) is flagged


def test_N030_how_long_a_record_is_kept_is_said_and_a_legal_hold_outlasts_every_date(
    story: Story,
) -> None:
    page = says(story, "record.retention.set")

    assert told(page) == {}
    (kept,) = story.concern.every(EVENTS["record.retention.set"])
    assert kept.model_dump()["legal_hold"] is True
    with pytest.raises(ValidationError):
        EVENTS["record.retention.set"].model_validate(
            {**SAID["record.retention.set"], "legal_hold": False}
        )
