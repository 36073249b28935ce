"""S8: the provider warns that it cannot go on; on Christmas night its bank gives it two hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.adapters.scripted import LATER
from hub.decision import OccasionKind
from hub.vocabulary import HoldKind, InfoClass, Lane, ObligationKind, Role
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
from tests.flow.scene import running

CHRISTMAS_NIGHT: Final = datetime(2026, 12, 25, 21, 0, tzinfo=UTC)
TWO_HOURS: Final = timedelta(hours=2)
HALF_AN_HOUR: Final = timedelta(minutes=30)
THE_SURREY: Final = is_a(SURREY, Role.PLACING_AUTHORITY)
PLACING_ICB: Final = is_a(NHS_SUSSEX, Role.PLACING_ICB)
COMMISSIONERS: Final = {THE_SURREY, PLACING_ICB}
WORKERS: Final = {is_a(SURREY, Role.ADULTS), is_a(NHS_SUSSEX, Role.ADULTS)}
HEADS: Final = is_a(HOST, Role.HEADS_OF_SERVICE)
PLANNING: Final = is_a(HOST, Role.EMERGENCY_PLANNING)
MONEY: Final = "the bank calls in its loan"
WHO: Final[dict[str, Any]] = {
    "coordinator": person("Emergency co-ordinator", "Iris Vale"),
    "press_office": "01632 960111",
}


async def christmas(play: Play) -> None:
    """The concern is open, and the days pass until Christmas night."""
    await play.opens()
    await play.says(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(NHS_SUSSEX, "QNX-9", kind="icb")],
        complete=True,
    )
    await play.sent()
    await play.pass_time(CHRISTMAS_NIGHT - play.scene.clock.now())


async def warned(play: Play) -> Heard:
    now = play.scene.clock.now()
    return await play.says(
        "provider.failure.warned",
        warning="unable to improve",
        warned_at=now.isoformat(),
        position=MONEY,
    )


async def bank(play: Play) -> Heard:
    """The contract falls with the business: care ends in two hours."""
    return await play.says(
        "contract.withdrawn",
        **WHO,
        ends_at=(play.scene.clock.now() + TWO_HOURS).isoformat(),
        withdrawn_by=HOST,
        cause="financial",
        authority="commissioner",
        authorised_by=person("Head of Commissioning", "Noor Hall"),
        contract="C-77",
    )


async def indicated(play: Play) -> Heard:
    return await play.says(
        "emergency.planning.indicated",
        **WHO,
        ends_at=(play.scene.clock.now() + TWO_HOURS).isoformat(),
        indicated_by=person("Lead Enquiry Officer"),
        reason="no staff are paid after eleven",
    )


async def test_S8_M088_the_warning_reaches_all_stakeholders_the_same_night() -> None:
    async with a_play() as play:
        await christmas(play)

        heard = await warned(play)

        assert heard.told() == dict.fromkeys(
            {THE_CQC, THE_HOST, THE_ICB, CONTRACTS, DUTY_TEAM, HEAD, *COMMISSIONERS},
            "provider-failure",
        )
        for party in {THE_CQC, *COMMISSIONERS}:
            (held,) = heard.held()[party]
            assert (held.info, held.kind) == (InfoClass.COMMERCIAL, HoldKind.H6)
        letters = await play.sent()
        reads = {letter.party for letter in letters if MONEY in " ".join(letter.text.split())}
        assert reads == {THE_HOST, THE_ICB, CONTRACTS}
        (meeting,) = [
            o for o in await play.owes(ObligationKind.HOLD_MEETING) if o.key == "failure:"
        ]
        assert meeting.due == CHRISTMAS_NIGHT + TWO_HOURS


async def test_S8_M104_the_desks_that_plan_are_told_within_two_minutes_and_answer_in_thirty() -> (
    None
):
    async with a_play() as play:
        await christmas(play)

        heard = await indicated(play)

        desks = {THE_HOST, CONTRACTS, DUTY_TEAM, HEAD, HEADS, PLANNING}
        assert heard.told() == dict.fromkeys(desks, "emergency-planning")
        letters = await play.sent()
        assert {letter.party for letter in letters} == desks
        for letter in letters:
            assert letter.carried.at - CHRISTMAS_NIGHT <= timedelta(minutes=2)
            assert letter.carried.delivery.lane is Lane.IMMEDIATE
        for each in (await play.record()).notices:
            if each.notice.template == "emergency-planning":
                assert each.notice.reply_due == CHRISTMAS_NIGHT + HALF_AN_HOUR
        (meeting,) = await play.owes(ObligationKind.HOLD_MEETING)
        assert (meeting.party, meeting.due) == (THE_HOST, CHRISTMAS_NIGHT + TWO_HOURS)


async def test_S8_M104_where_a_desk_does_not_take_it_its_deputy_is_told_within_the_minute() -> None:
    async with a_play() as play:
        await christmas(play)
        play.scene.mail.then("wscc-duty", *[LATER] * 50)
        await indicated(play)

        async with running(play.scene, play.scene.deliver("w-night"), play.scene.watch()):
            await play.pass_time(timedelta(minutes=1))

        duty = [x for x in play.scene.mail.carried if x.delivery.party == DUTY_TEAM]
        deputy = [x for x in duty if x.delivery.target == "wscc-duty-deputy"]
        record = await play.record()
        by_notice = {n.notice.id: n.notice.template for n in record.notices}
        told = sorted(by_notice[x.delivery.notice] for x in deputy)
        assert told == ["desk-list", "emergency-planning"], "each once: what is, and whom to ring"
        assert all(x.at - CHRISTMAS_NIGHT <= timedelta(minutes=1) for x in deputy)


async def test_S8_M112_everybody_is_told_that_care_ends_and_the_council_that_it_must_step_in() -> (
    None
):
    async with a_play() as play:
        await christmas(play)
        await warned(play)
        await play.sent()

        heard = await bank(play)

        assert heard.told() == {
            THE_HOST: "temporary-duty",
            **dict.fromkeys(
                {
                    *(THE_CQC, THE_ICB, THE_POLICE, CONTRACTS, DUTY_TEAM, HEAD, HEADS),
                    *COMMISSIONERS,
                    *WORKERS,
                },
                "contract-withdrawn",
            ),
        }
        letters = await play.sent()
        (duty,) = mails_to(letters, THE_HOST)
        text = " ".join(duty.text.split())
        assert "Meet the needs of everybody there while it is necessary" in text
        assert "s.48" in text
        assert "Friday 25 December 2026 at 23:00" in text
        (care,) = await play.owes(ObligationKind.ARRANGE_CARE)
        assert "Care Act 2014 s.48" in care.says
        assert care.due == care.opened_at + TWO_HOURS


async def test_S8_M112_the_money_is_told_to_no_adult_and_to_nobody_for_whom_it_is_not_decided() -> (
    None
):
    async with a_play() as play:
        await christmas(play)
        await warned(play)
        heard = await bank(play)

        letters = await play.sent()

        for worker in WORKERS:
            assert InfoClass.COMMERCIAL not in heard.classes(worker)
            for letter in mails_to(letters, worker):
                assert "financial" not in letter.raw
                assert MONEY not in " ".join(letter.raw.split())
        for party in {THE_CQC, *COMMISSIONERS}:
            assert InfoClass.COMMERCIAL in {h.info for h in heard.held()[party]}
        own = {is_a(SURREY, Role.ADULTS): "SCC-1", is_a(NHS_SUSSEX, Role.ADULTS): "QNX-9"}
        for worker, number in own.items():
            (letter,) = mails_to(letters, worker)
            assert number in letter.text
            assert not [other for other in own.values() if other != number and other in letter.raw]


async def test_S8_the_provider_hears_nothing_while_the_police_have_not_said_that_it_may() -> None:
    async with a_play() as play:
        await christmas(play)
        for heard in (await warned(play), await bank(play)):
            assert THE_PROVIDER not in heard.told()
            assert THE_PROVIDER not in heard.told(OccasionKind.HOLDS_CHANGED)
        assert mails_to(await play.sent(), THE_PROVIDER) == []


async def test_S8_M116_when_it_turns_out_to_be_planned_everybody_who_was_told_hears_again() -> None:
    async with a_play() as play:
        await christmas(play)
        told = set((await bank(play)).told())
        await play.sent()
        assert (await play.record()).concern.category == "emergency"

        later = await play.says(
            "emergency.category.set",
            **WHO,
            category="planned",
            reason="the bank gives six weeks after all",
            decided_by=person("Head of Service", "Jo Marsh"),
        )

        assert set(later.told()) == told
        assert set(later.told().values()) == {"emergency-category"}
        (letter,) = [
            x for x in mails_to(await play.sent(), THE_CQC) if x.notice == "emergency-category"
        ]
        text = " ".join(letter.text.split())
        assert "from now on: planned." in text
        assert "the bank gives six weeks after all" in text
        assert (await play.record()).concern.category == "planned"
