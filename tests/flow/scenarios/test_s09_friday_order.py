"""S9: CQC's order is served at five to five on the Friday before a bank holiday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.intake.took import Became
from hub.vocabulary import InfoClass, Lane, ObligationKind, Role
from tests.flow.scenarios.stage import (
    CONTRACTS,
    DUTY_TEAM,
    HEAD,
    HOST,
    NHS_SUSSEX,
    SURREY,
    THE_CQC,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

FRIDAY: Final = datetime(2027, 4, 30, 15, 55, tzinfo=UTC)
"""Five to five in London; Monday 3 May is a bank holiday."""
CAUSE: Final = "an order under section 31"
THE_SURREY: Final = is_a(SURREY, Role.PLACING_AUTHORITY)
PLACING_ICB: Final = is_a(NHS_SUSSEX, Role.PLACING_ICB)
COMMISSIONERS: Final = {THE_SURREY, PLACING_ICB}
WORKERS: Final = {is_a(SURREY, Role.ADULTS), is_a(NHS_SUSSEX, Role.ADULTS)}
HEADS: Final = is_a(HOST, Role.HEADS_OF_SERVICE)
DESKS: Final = {THE_CQC, THE_HOST, THE_ICB, THE_POLICE, CONTRACTS, DUTY_TEAM, HEAD, HEADS}


async def friday(play: Play) -> None:
    await play.opens()
    await play.says(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(NHS_SUSSEX, "QNX-9", kind="icb")],
        complete=True,
    )
    await play.sent()
    await play.pass_time(FRIDAY - play.scene.clock.now())


async def order(play: Play, became: Became | None = Became.ACCEPTED, **more: Any) -> Heard:  # noqa: ANN401 - of any field
    return await play.says(
        "emergency.closure.cqc",
        became=became,
        cause=CAUSE,
        ends_at=(FRIDAY + timedelta(hours=6)).isoformat(),
        coordinator=person("Emergency co-ordinator", "Iris Vale"),
        press_office="01632 960111",
        **more,
    )


async def served(play: Play) -> Heard:
    return await order(play, served_at=FRIDAY.isoformat(), released_by="R. Bell, CQC")


async def test_S9_M105_before_it_is_served_its_cause_is_told_to_nobody_and_adults_wait() -> None:
    async with a_play() as play:
        await friday(play)

        heard = await order(play)

        assert heard.told() == dict.fromkeys(DESKS | COMMISSIONERS, "emergency-closure")
        for letter in await play.sent():
            assert CAUSE not in " ".join(letter.raw.split())
            assert "section 31" not in letter.raw


async def test_S9_M105_a_release_before_it_is_served_is_refused_and_tells_nobody() -> None:
    async with a_play() as play:
        await friday(play)
        before = len((await play.record()).notices)

        early = await order(play, became=None, released_by="R. Bell, CQC")

        assert early.took.became is Became.QUARANTINED
        assert early.decisions == ()
        assert len((await play.record()).notices) == before
        assert (await play.record()).concern.emergency is None


async def test_S9_M105_once_served_and_released_everybody_hears_why_and_by_clock_time() -> None:
    async with a_play() as play:
        await friday(play)
        await order(play)
        await play.sent()

        heard = await served(play)

        assert heard.told() == dict.fromkeys(DESKS | COMMISSIONERS | WORKERS, "emergency-closure")
        for each in (await play.record()).notices:
            if each.notice.template == "emergency-closure":
                assert each.notice.lane is Lane.IMMEDIATE
                assert each.notice.reply_due == each.notice.composed_at + timedelta(minutes=30)
        letters = [x for x in await play.sent() if x.notice == "emergency-closure"]
        for letter in letters:
            text = " ".join(letter.text.split())
            assert letter.party in WORKERS or CAUSE in text, letter.party
            assert "Friday 30 April 2027 at 22:55" in text
        own = {THE_SURREY: "SCC-1", PLACING_ICB: "QNX-9"}
        for party, number in own.items():
            (letter,) = mails_to(letters, party)
            assert number in letter.text
        (meeting,) = await play.owes(ObligationKind.HOLD_MEETING)
        assert meeting.due == FRIDAY + timedelta(hours=2)


async def test_S9_M105_the_duty_desk_gets_the_numbers_that_are_answered_out_of_hours() -> None:
    async with a_play() as play:
        await friday(play)
        await served(play)

        letters = await play.sent()

        (letter,) = mails_to(letters, DUTY_TEAM)
        for line in (
            "Surrey County Council: +44 1632 960110",
            "Care Quality Commission: +44 1632 960150",
            "Sussex Police: +44 1632 960160",
        ):
            assert line in letter.text
        assert mails_to(letters, THE_PROVIDER) == []


async def test_S9_M114_M115_a_decision_takes_the_place_of_the_proposal_and_of_its_date() -> None:
    async with a_play() as play:
        await friday(play)
        agreed = person("Head of Inspection", "Ruth Bell")
        proposal = await play.says(
            "regulator.notice.proposal",
            reference="NOP-7",
            proposal="to remove Rosewood House from the registration",
            served_on="2027-04-20",
            expected_end_on="2027-07-31",
            planners=[SURREY],
            agreed_by=agreed,
        )

        assert proposal.told() == {
            THE_HOST: "notice-of-proposal",
            THE_SURREY: "notice-of-proposal",
        }
        assert proposal.classes(THE_SURREY) == {InfoClass.PROCESS, InfoClass.REGULATORY}
        (by,) = await play.owes(ObligationKind.MEET_DEADLINE)
        assert by.due.date().isoformat() == "2027-07-31"

        decision = await play.says(
            "regulator.notice.decision",
            supersedes="NOP-7",
            outcome="remove",
            served_on="2027-05-20",
            takes_effect_on="2027-06-17",
            planners=[SURREY],
            agreed_by=agreed,
        )

        assert set(decision.told().values()) == {"notice-of-decision"}
        (by,) = await play.owes(ObligationKind.MEET_DEADLINE)
        assert by.due.date().isoformat() == "2027-06-17"
        for letter in await play.sent():
            if letter.notice == "notice-of-decision":
                assert "proposes" not in letter.text

        late = await play.says(
            "regulator.notice.proposal",
            became=Became.WAITING,
            reference="NOP-7",
            proposal="to remove Rosewood House from the registration",
            served_on="2027-04-20",
            planners=[SURREY],
        )

        assert "decided already" in late.took.why
        assert late.decisions == ()
