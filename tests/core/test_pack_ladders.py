"""Ladders as packs say them, and what keeps a ladder from being used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.calendar import Within
from hub.pack.ladder import Desk, Ladder, Starts, ladder_for_answer, ladder_for_kind
from hub.pack.load import load
from hub.pack.rules import Pack
from hub.prove.ladders import ladder_faults
from hub.vocabulary import Lane, ObligationKind, Role, RuleId, Rung
from tests.core.packs import changed, directory, faults_of, line_of, pack, sources

FILE = "escalation.toml"


def the(name: str) -> Ladder:
    return next(one for one in pack().ladders if one.id == name)


def said(rules: Pack) -> list[str]:
    return [fault.says for fault in ladder_faults(rules, directory())]


def with_ladder(name: str, **other: object) -> Pack:
    ladders = tuple(
        replace(one, **other) if one.id == name else one  # type: ignore[arg-type]
        for one in pack().ladders
    )
    return replace(pack(), ladders=ladders)


def test_an_emergency_ladder_reads_as_it_is_written() -> None:
    ladder = the("L1")

    assert (ladder.starts, ladder.working, ladder.enough) == (Starts.OWED, False, Rung.ACKNOWLEDGED)
    assert [(s.after.amount, s.desks) for s in ladder.steps] == [
        (0, (Desk.DUTY,)),
        (30, (Desk.DEPUTY,)),
        (60, (Desk.DIRECTOR,)),
    ]
    assert ladder.raised_to is Role.HEAD_OF_SAFEGUARDING
    assert ladder.every == Within(amount=60, unit="minutes")
    assert ladder.where.line == line_of(FILE, 'id = "L1"') - 1


def test_an_answer_climbs_the_ladder_of_its_event_before_that_of_its_lane() -> None:
    def ladder(event: str, lane: Lane, role: Role) -> str:
        found = ladder_for_answer(pack().ladders, event, lane, role)
        return found.id if found else "none"

    assert ladder("emergency.closure.cqc", Lane.IMMEDIATE, Role.REGULATOR) == "L1"
    assert ladder("emergency.closure.cqc", Lane.IMMEDIATE, Role.CONTRACTS) == "L2"
    assert ladder("concern.opened", Lane.STANDARD, Role.REGULATOR) == "L3"


def test_the_reviews_of_the_police_and_of_others_have_ladders_of_their_own() -> None:
    review = ObligationKind.REVIEW_HOLD

    police = ladder_for_kind(pack().ladders, review, Role.POLICE)
    others = ladder_for_kind(pack().ladders, review, Role.HOST_AUTHORITY)

    assert police is the("L5")
    assert others is the("L4")
    assert police.steps[-1].seniors == (Role.HEAD_OF_SAFEGUARDING,)
    assert "detective superintendent" in police.steps[-1].ask
    assert ladder_for_kind(pack().ladders, ObligationKind.SIGN_AGREEMENT, Role.POLICE) is None


@pytest.mark.parametrize(
    ("old", "new", "says", "meant"),
    [
        ('to = "deputy"', 'to = "deputty"', "unknown desk `deputty`", "deputy"),
        ('when = { lane = "immediate" }', 'when = { lane = "imediate" }', "unknown lane", "immed"),
        ('when = { lane = "immediate" }', 'when = { line = "immediate" }', "unknown key", "lane"),
        ('clock = "round the clock"', 'clock = "round the cluck"', "unknown clock", "round the c"),
        ('tell = "police"', 'tell = "polise"', "unknown role `polise`", "police"),
        ('  after = "0 minutes"', "", "`after` is missing", ""),
        ('  after = "0 minutes"', '  aftr = "0 minutes"', "unknown key `aftr`", "after"),
        ("{organisation}: {out", "{organization}: {out", "unknown place `{organization}`", ""),
        ('every = "60 minutes"', 'every = "0 minutes"', "longer than nothing", ""),
        ('every = "60 minutes"', 'every = "hourly"', "is a time such as", ""),
        ('until = "discharged"', 'until = "friday"', "discharged", ""),
        ('counts_from = "when it was due"', "", "`counts_from` is missing", ""),
        ('when = { lane = "immediate" }', "when = { }", "one of the three", ""),
    ],
)
def test_a_ladder_misspelt_is_refused_with_its_line_and_what_was_meant(
    old: str, new: str, says: str, meant: str
) -> None:
    found = faults_of(changed(FILE, old, new))

    fault = next(fault for fault in found if says in fault.says)
    assert fault.file == FILE
    assert 300 < fault.line <= len(sources()[FILE].splitlines())
    assert (fault.did_you_mean or "").startswith(meant)


def test_a_ladder_without_an_end_to_its_silence_is_refused() -> None:
    text = sources()[FILE]
    line = next(one for one in text.splitlines() if one.startswith("when_steps_run_out"))

    (fault,) = faults_of(changed(FILE, line + "\n", ""))

    assert fault.says == "`when_steps_run_out` is missing"


def test_a_ladder_has_the_id_of_no_other_rule() -> None:
    (fault,) = faults_of(changed(FILE, 'id = "L2"', 'id = "S1"'))

    assert fault.says.startswith("rule `S1` stands already at ")


def test_what_ships_makes_sense_together() -> None:
    assert said(pack()) == []


def test_an_urgent_ladder_may_not_wait_for_office_hours() -> None:
    assert "L1 waits for office hours, and `emergency.closure.cqc` is urgent" in said(
        with_ladder("L1", working=True)
    )
    assert "L2 waits for office hours, and `every immediate notice` is urgent" in said(
        with_ladder("L2", working=True)
    )
    assert "L7 waits for office hours, and `report the breach` is urgent" in said(
        with_ladder("L7", working=True)
    )


def test_steps_that_are_not_in_order_of_time_are_a_fault() -> None:
    first, second, third = the("L1").steps

    found = said(with_ladder("L1", steps=(first, third, second)))

    assert found == ["the steps of L1 are not in order of time"]


def test_two_ladders_for_one_obligation_are_a_fault() -> None:
    twice = replace(pack(), ladders=(*pack().ladders, replace(the("L9"), id=RuleId("L99"))))

    assert said(twice) == ["L9 and L99 both serve `consult the police`"]


def test_an_immediate_notice_that_no_ladder_serves_is_a_fault() -> None:
    without = tuple(one for one in pack().ladders if one.id != "L2")

    found = said(replace(pack(), ladders=without))

    assert any("no ladder serves the answer of `head of safeguarding`" in f for f in found)
    assert not any("`regulator`" in f and "emergency.closure.cqc" in f for f in found)


def test_a_desk_that_nobody_has_is_a_fault_where_nobody_is_asked_to_phone() -> None:
    silent = tuple(replace(step, ask="") for step in the("L1").steps)

    assert said(with_ladder("L1", steps=silent)) == [
        "nobody in the directory is a `director on call`, and nobody is asked to phone"
    ]


def test_a_step_without_a_notice_to_send_says_what_a_person_does() -> None:
    silent = tuple(replace(step, ask="") for step in the("L5").steps)

    found = said(with_ladder("L5", steps=silent))

    assert found[0] == "a step of L5 has no notice to send: say in `ask` what a person does"


def test_a_ladder_round_the_clock_counts_no_working_days() -> None:
    days = Within(amount=2, unit="working days")

    assert said(with_ladder("L9", every=days)) == [
        "L9 goes round the clock: it cannot count working days"
    ]


def test_a_pack_without_ladders_is_read_and_not_proved() -> None:
    text = sources()[FILE]
    bare = {**sources(), FILE: text[: text.index("[[ladder]]")]}

    assert load(bare).ladders == ()
    assert said(load(bare))
