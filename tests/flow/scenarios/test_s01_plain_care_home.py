"""S1: a plain care home, fourteen residents, several section 42 enquiries."""

from __future__ import annotations

import json
from datetime import timedelta

from hub.vocabulary import InfoClass, ObligationKind, Role
from tests.flow.intake_scene import EXAMPLES
from tests.flow.scenarios.stage import (
    CONTRACTS,
    DUTY_TEAM,
    HOST,
    NHS_SUSSEX,
    SURREY,
    THE_CQC,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    WSCC,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    placed,
)

OURS = tuple(f"WS-{number}" for number in range(1, 7))
THEIRS = tuple(f"SCC-{number}" for number in range(1, 6))
HEALTH = ("QNX-1", "QNX-2")
PLACING = {
    is_a(HOST, Role.PLACING_AUTHORITY): OURS,
    is_a(SURREY, Role.PLACING_AUTHORITY): THEIRS,
    is_a(NHS_SUSSEX, Role.PLACING_ICB): HEALTH,
}
SEVERAL_ENQUIRIES = {
    **json.loads((EXAMPLES / "trigger-reported.json").read_text())["data"],
    "basis": "multiple-s42",
    "s42_refs": ["S42-1", "S42-2", "S42-3"],
    "wider_risk": "eleven others live on the same floor",
}


async def test_S1_M003_M024_M026_everybody_is_told_within_a_day_and_nobody_reads_anothers() -> None:
    async with a_play() as play:
        await play.publishes(play.body("trigger.reported", SEVERAL_ENQUIRIES, source=WSCC))
        before = await play.record()
        assert {n.notice.party for n in before.notices} == {THE_HOST, DUTY_TEAM}
        assert await play.owes(ObligationKind.COMPLETE_TRIGGER) == []
        assert (before.concern.opened, before.concern.initiated) == (False, None)

        opened = await play.opens()

        assert opened.told() == {
            THE_CQC: "concern-opened",
            THE_HOST: "concern-opened",
            THE_ICB: "concern-opened",
            CONTRACTS: "concern-opened",
            THE_POLICE: "police-consultation",
        }
        assert set(opened.held()) == {THE_PROVIDER}
        assert opened.reason(THE_PROVIDER) == (
            "Not yet told: it is told in accordance with police advice"
        )

        register = await declared(play)

        assert register.told() == dict.fromkeys(PLACING, "placing-authority-alert")
        for party in PLACING:
            assert register.classes(party) == {
                InfoClass.PROCESS,
                InfoClass.THEMES,
                InfoClass.PLACED_ADULT,
            }
        for notice in (await play.record()).notices:
            if notice.notice.party in {THE_CQC, *PLACING}:
                assert notice.notice.reply_due is not None
                due = notice.notice.reply_due - notice.notice.composed_at
                assert due <= timedelta(hours=24)

        letters = await play.sent()

        for party, own in PLACING.items():
            (letter,) = mails_to(letters, party)
            assert all(number in letter.text for number in own)
            others = {n for p, numbers in PLACING.items() if p != party for n in numbers}
            assert not any(number in letter.raw for number in others)
        for letter in letters:
            assert letter.mail["To"].addresses[0].addr_spec == letter.to
            assert len(letter.mail["To"].addresses) == 1
            assert "relative of somebody" not in letter.raw  # C7


async def test_S1_the_provider_is_told_once_no_crime_is_suspected_and_never_who_raised_it() -> None:
    async with a_play() as play:
        await play.opens()
        await declared(play)

        freed = await play.says(
            "criminal.status.declared", status="consulted, none", declared_by="DS Nair"
        )
        letters = await play.sent()

        (letter,) = mails_to(letters, THE_PROVIDER)
        assert letter.notice == "provider-informed"
        assert "It is not a finding against you" in letter.text
        assert "relative" not in letter.raw
        assert "night staff" not in letter.raw
        assert freed.told() == {}
        assert not any(number in letter.raw for number in (*OURS, *THEIRS, *HEALTH))


async def test_S1_M004_adults_of_each_commissioner_and_self_funders_have_a_worker() -> None:
    async with a_play() as play:
        await play.opens()
        await declared(play)

        workers = {
            party for party in (await play.record()).concern.parties() if party.role is Role.ADULTS
        }

        assert workers == {is_a(code, Role.ADULTS) for code in (HOST, SURREY, NHS_SUSSEX)}
        assert not await play.owes(ObligationKind.FIND_FUNDER)


async def declared(play: Play) -> Heard:
    return await play.says(
        "placement.register.declared",
        placements=[
            placed(HOST, *OURS),
            placed(SURREY, *THEIRS),
            placed(NHS_SUSSEX, *HEALTH, kind="icb"),
        ],
        self_funders=1,
        complete=True,
    )
