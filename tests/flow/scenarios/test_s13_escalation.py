"""S13: an improvement is three times overdue; QSIG must hear, and then the strategic group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.answers import Attested
from hub.closure import Waiver
from hub.intake.took import Became
from hub.vocabulary import InfoClass, ObligationKind, Role
from tests.flow.scenarios.last_page import (
    CHAIR,
    confirms,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
    missing,
)
from tests.flow.scenarios.stage import (
    CONTRACTS,
    HOST,
    ROSEWOOD,
    SURREY,
    THE_CQC,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

QSIG = is_a("unit:west-sussex-qsig", Role.QSIG)
SPCG = is_a("unit:west-sussex-spcg", Role.SPCG)
HEALTHWATCH = is_a("unit:healthwatch-west-sussex", Role.HEALTHWATCH)
BOTH = {InfoClass.PROCESS, InfoClass.THEMES}


async def begins(play: Play) -> None:
    """The concern has a plan with one improvement, due within two weeks."""
    now = play.scene.clock.now()
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
    )
    await agrees(play, (now + timedelta(days=14)).isoformat())
    await play.sent()


async def agrees(play: Play, due: str) -> Heard:
    return await play.says(
        "improvement.plan.agreed",
        plan="P-1",
        items=[
            {
                "item": "3",
                "improvement": "two members of staff awake at night",
                "owner": ROSEWOOD,
                "responsible": person("Registered manager", "Rosa Lind"),
                "due": due,
            }
        ],
        review_dates=["2027-06-15"],
        accords={"checked_by": person("Contract officer", "Ifan Pugh"), "conflicts": []},
    )


async def is_late(play: Play, resolution: str) -> Heard:
    now = play.scene.clock.now()
    return await play.says(
        "improvement.delay.flagged",
        plan="P-1",
        item="3",
        since=(now - timedelta(days=1)).isoformat(),
        delay="there is one member of staff awake on most nights",
        resolution=resolution,
        flagged_by=person("Lead Enquiry Officer"),
    )


async def three_times_overdue(play: Play) -> Heard:
    """Each new date of the improvement passes; the third time nobody believes in it."""
    for resolution in ("likely", "not known", "unlikely"):
        await play.pass_time(timedelta(days=15))
        late = await is_late(play, resolution)
        now = play.scene.clock.now()
        await agrees(play, (now + timedelta(days=14)).isoformat())
    return late


async def notifies(play: Play) -> Heard:
    return await play.says(
        "escalation.qsig.notified",
        qsig=QSIG.agency,
        continuing_risks="people fall at night, and nobody comes",
        overdue_actions="1 of 1",
        interim_protection="a nurse of ours is there each night",
        commissioning_position="no new placements",
        decision_due=(play.scene.clock.now() + timedelta(days=5)).isoformat(),
        notified_by=person("Lead Enquiry Officer"),
    )


async def asks_healthwatch(play: Play) -> Heard:
    return await play.says(
        "healthwatch.support.requested",
        agency=HEALTHWATCH.agency,
        asked="what people say of the nights",
        answer_by=(play.scene.clock.now() + timedelta(days=10)).isoformat(),
        requested_by=person("Lead Enquiry Officer"),
    )


async def decides(play: Play, **said: Any) -> Heard:  # noqa: ANN401 - of any field
    return await play.says(
        "escalation.spcg.decided",
        **{
            "escalate": "yes",
            "spcg": SPCG.agency,
            "decided_by": person("Chair of QSIG", "Mo Adair"),
            "decided_at": play.scene.clock.now().isoformat(),
            **said,
        },
    )


async def meets(play: Play) -> Heard:
    return await play.says(
        "meeting.held",
        kind="update",
        held_at=play.scene.clock.now().isoformat(),
        attended=[HOST, ROSEWOOD],
        decisions=["a second agency covers the nights"],
        chair=CHAIR,
    )


async def test_S13_M091_a_serious_delay_forces_a_meeting_and_nothing_but_the_meeting_ends_that() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play() as play:
        await begins(play)
        await play.pass_time(timedelta(days=15))

        late = await is_late(play, "likely")

        told = dict.fromkeys((THE_HOST, CONTRACTS, THE_ICB, THE_CQC), "improvement-delay")
        assert late.told() == told
        assert late.held() == {}
        letters = mails_to(await play.sent(), THE_CQC)
        (letter,) = [one for one in letters if one.notice == "improvement-delay"]
        assert "A further meeting is always held" in letter.prose
        assert "there is one member of staff awake on most nights" in letter.prose
        (owed,) = await play.owes(ObligationKind.HOLD_MEETING)
        assert owed.party == THE_HOST
        # High risk: five working days, not twenty (004 9.1).
        assert owed.due == datetime(2026, 12, 23, 17, tzinfo=UTC)
        await agrees(play, (play.scene.clock.now() + timedelta(days=60)).isoformat())
        assert [o.id for o in await play.owes(ObligationKind.HOLD_MEETING)] == [owed.id]

        await meets(play)

        assert owed.id not in {o.id for o in await play.owes(ObligationKind.HOLD_MEETING)}


async def test_S13_M098_the_third_time_it_is_late_qsig_must_be_notified_and_qsig_alone_is() -> None:
    async with a_play() as play:
        await begins(play)

        await three_times_overdue(play)

        (must,) = await play.owes(ObligationKind.DECIDE_ESCALATION)
        assert must.party == THE_HOST
        assert "notify QSIG" in must.says
        await play.sent()

        due = play.scene.clock.now() + timedelta(days=5)
        notified = await notifies(play)

        assert notified.told() == {QSIG: "qsig-escalation"}
        assert notified.classes(QSIG) == BOTH | {InfoClass.COMMERCIAL}
        (letter,) = [m for m in mails_to(await play.sent(), QSIG) if m.notice == "qsig-escalation"]
        assert "Improvement actions overdue: 1 of 1." in letter.prose
        assert "Protection meanwhile: a nurse of ours is there each night." in letter.prose
        assert "This is not the decision." in letter.prose
        (owed,) = await play.owes(ObligationKind.DECIDE_ESCALATION)
        assert owed.party == QSIG
        assert owed.due == due


async def test_S13_M099_qsig_decides_and_the_strategic_group_hears_what_it_must_act_on() -> None:
    async with a_play() as play:
        await begins(play)
        await three_times_overdue(play)
        await notifies(play)
        await play.sent()

        decided = await decides(play)

        assert decided.told() == {SPCG: "spcg-escalation", THE_HOST: "escalation-decided"}
        assert decided.classes(SPCG) == BOTH | {InfoClass.COMMERCIAL}
        assert decided.classes(THE_HOST) == BOTH
        letters = await play.sent()
        (group,) = [m for m in mails_to(letters, SPCG) if m.notice == "spcg-escalation"]
        assert "people fall at night, and nobody comes" in group.prose
        assert "Commissioning: no new placements." in group.prose
        assert mails_to(letters, THE_PROVIDER) == []
        assert await play.owes(ObligationKind.DECIDE_ESCALATION) == []


async def test_S13_M097_healthwatch_hears_that_there_is_a_process_and_themes_and_never_more() -> (
    None
):
    async with a_play() as play:
        await begins(play)
        await three_times_overdue(play)

        early = await asks_healthwatch(play)
        await play.says(
            "isa.agreed", reference="ISA-1", agreed_by=[person("Caldicott Guardian", "Una Reyes")]
        )
        asked = await asks_healthwatch(play)
        await notifies(play)
        await decides(play)
        await play.sent()

        assert early.told() == asked.told() == {HEALTHWATCH: "healthwatch-asked"}
        assert early.classes(HEALTHWATCH) == {InfoClass.PROCESS}
        assert asked.classes(HEALTHWATCH) == BOTH
        mine = [n.notice for n in (await play.record()).notices if n.notice.party == HEALTHWATCH]
        assert all(n.classes <= BOTH for n in mine)
        for word in ("no new placements", "people fall at night", "SCC-1"):
            assert all(word not in n.text for n in mine), word


async def test_S13_M100_closure_is_refused_until_qsig_has_decided_and_the_meeting_was_held() -> (
    None
):
    async with a_play() as play:
        await begins(play)
        await three_times_overdue(play)
        taken = [
            {
                "kind": "action",
                "reference": "improvement:P-1/3",
                "to": person("Contract officer", "Ifan Pugh"),
                "agency": HOST,
            }
        ]
        await draws_to_its_end(play, handed_over=taken)

        waits = await is_authorised(play, became=Became.WAITING)
        assert "QSIG must be notified (004 10.4)" in waits.took.why

        await notifies(play)
        ((_, why),) = (await play.record()).waiting
        assert "QSIG has not decided whether to escalate (004 10.4)" in why

        await decides(play)
        ((_, why),) = (await play.record()).waiting
        assert "the meeting about the serious delay has not been held (004 9.1)" in why
        assert not [m for m in await play.sent() if m.notice == "closure-notice"]

        await meets(play)

        assert (await play.record()).waiting == ()
        ends = [m for m in await play.sent() if m.notice == "closure-notice"]
        assert {m.party for m in ends} >= {QSIG, SPCG, THE_CQC, THE_PROVIDER, THE_HOST}


async def test_S13_M098_the_end_is_not_confirmed_before_qsig_has_acknowledged_and_no_waiver_helps() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play() as play:
        await begins(play)
        await three_times_overdue(play)
        await notifies(play)
        await decides(play)
        await meets(play)
        taken = [
            {
                "kind": "action",
                "reference": "improvement:P-1/3",
                "to": person("Contract officer", "Ifan Pugh"),
                "agency": HOST,
            }
        ]
        await draws_to_its_end(play, handed_over=taken)
        await is_authorised(play)
        await play.sent()
        await everybody_acknowledges(play)

        says = "it has not acknowledged that the concern was escalated to it (10.4)"
        assert await missing(play) == {(QSIG, says)}
        assert await missing(play, Waiver(party=QSIG, reason="by phone", name="R Hale"))

        await everybody_acknowledges(play, template="qsig-escalation")

        assert isinstance(await confirms(play), Attested)
