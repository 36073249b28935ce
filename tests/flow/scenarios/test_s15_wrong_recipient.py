"""S15: a clerk's slip sends the numbers of Surrey's adults to Hampshire."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hub.answers import Attested
from hub.notice import Deferred
from hub.vocabulary import InfoClass, ObligationKind, Role
from tests.flow.scenarios.last_page import (
    confirms,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
    log_of,
)
from tests.flow.scenarios.stage import (
    HAMPSHIRE,
    HOST,
    SURREY,
    THE_HOST,
    WSCC,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

WRONG = is_a(HAMPSHIRE, Role.PLACING_AUTHORITY)
WHOSE = is_a(SURREY, Role.PLACING_AUTHORITY)
OFFICER = is_a(HOST, Role.DATA_PROTECTION)
ADULTS = ("SCC-1", "SCC-2")


async def slips(play: Play) -> Heard:
    """The concern is open; the register of placements names Hampshire where it means Surrey."""
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    return await play.says(
        "placement.register.declared", placements=[placed(HAMPSHIRE, *ADULTS)], complete=True
    )


async def mends(play: Play) -> Heard:
    return await play.says(
        "placement.register.amended", added=[placed(SURREY, *ADULTS)], reason="a wrong code"
    )


async def recalls(play: Play, slip: Heard) -> Heard:
    return await play.says(
        "notice.recalled",
        recall_id="rc-1",
        party=HAMPSHIRE,
        role="placing authority",
        event=slip.took.event,
        event_source=WSCC,
        classes=["placed adult"],
        only_by_mistake=True,
        why="a slip in the register of placements",
        whose=[SURREY],
        data_protection_officer=HOST,
        discovered_at=play.scene.clock.now().isoformat(),
        recalled_by=person("Lead Enquiry Officer"),
    )


async def decides(play: Play, **changes: Any) -> Heard:  # noqa: ANN401 - of any field
    said = {
        "recall_id": "rc-1",
        "decision": "reported to the Information Commissioner",
        "reason": "it was opened before it was deleted",
        "subjects": "told",
        "subjects_reason": "their whereabouts are sensitive",
        "decided_by": person("Data protection officer", "Lee Farr"),
        "decided_at": play.scene.clock.now().isoformat(),
    }
    return await play.says("breach.decided", **{**said, **changes})


async def test_S15_B03_the_recall_goes_to_four_and_tells_the_wrong_one_nothing_more() -> None:
    async with a_play() as play:
        slip = await slips(play)
        assert slip.classes(WRONG) >= {InfoClass.PLACED_ADULT}
        (wrong,) = [m for m in mails_to(await play.sent(), WRONG) if "SCC-1" in m.text]
        assert wrong.notice == "placing-authority-alert"
        await mends(play)
        await play.sent()

        recall = await recalls(play, slip)

        assert recall.told() == {
            WRONG: "recall",
            WHOSE: "recall-of-yours",
            OFFICER: "breach-to-report",
            THE_HOST: "breach-to-report",
        }
        assert recall.classes(WRONG) == {InfoClass.PROCESS}
        assert recall.classes(WHOSE) == {InfoClass.PROCESS, InfoClass.PLACED_ADULT}
        assert recall.held() == {}
        letters = await play.sent()
        (sorry,) = mails_to(letters, WRONG)
        assert "Delete it, and every copy and forward of it" in sorry.text
        assert "By acknowledging you confirm that it is deleted" in sorry.text
        for word in (*ADULTS, "Rosewood", "Surrey", "RH19"):
            assert word not in sorry.raw, word
        (owner,) = mails_to(letters, WHOSE)
        assert "went to a wrong recipient" in owner.text
        assert "Your record numbers there: SCC-1, SCC-2." in owner.text
        assert "Hampshire" not in owner.raw
        for officer in (*mails_to(letters, OFFICER), *mails_to(letters, THE_HOST)):
            assert "the law gives 72 hours" in officer.text
            assert "SCC-1" not in officer.raw


async def test_S15_B03_whoever_was_told_by_mistake_hears_nothing_further() -> None:
    async with a_play() as play:
        slip = await slips(play)
        await mends(play)
        await recalls(play, slip)
        await play.sent()

        themes = await play.says(
            "themes.agreed",
            themes=[{"question": "safe", "theme": "moving and handling"}],
            risk_level="high",
        )

        assert themes.told()[WHOSE] == "themes-agreed"
        assert WRONG not in themes.told()
        assert WRONG not in themes.held()
        assert {(w.info, w.reason.paragraph) for w in themes.withheld(WRONG)} == {
            (InfoClass.PROCESS, "000 7"),
            (InfoClass.THEMES, "000 7"),
        }
        await play.pass_time(timedelta(days=30))
        assert mails_to(await play.sent(), WRONG) == []


async def test_S15_B03_what_has_not_left_yet_is_stopped_and_never_leaves() -> None:
    async with a_play() as play:
        play.scene.mail.away = "the relay is down"
        slip = await slips(play)
        first = await play.sent()
        assert first
        assert {type(m.carried.outcome) for m in first} == {Deferred}
        await mends(play)

        await recalls(play, slip)
        play.scene.mail.away = None
        await play.pass_time(timedelta(hours=6))
        letters = await play.sent()

        mine = mails_to(letters, WRONG)
        assert [m.notice for m in mine] == ["recall"]
        assert not any("SCC-1" in letter.raw for letter in mine)


async def test_S15_B03_the_officers_72_hours_run_from_the_discovery_until_it_is_decided() -> None:
    async with a_play() as play:
        slip = await slips(play)
        await mends(play)
        found = play.scene.clock.now()
        await recalls(play, slip)

        (owed,) = await play.owes(ObligationKind.REPORT_BREACH)
        assert (owed.party, owed.due) == (OFFICER, found + timedelta(hours=72))
        await play.pass_time(timedelta(hours=73))
        assert [o.id for o in await play.owes(ObligationKind.REPORT_BREACH)] == [owed.id]

        decided = await decides(play)

        assert await play.owes(ObligationKind.REPORT_BREACH) == []
        assert decided.told() == {THE_HOST: "breach-decided"}
        (letter,) = [m for m in await play.sent() if m.notice == "breach-decided"]
        assert "reported to the Information Commissioner" in letter.text
        assert "Tell those concerned, where that was decided" in letter.text


async def test_S15_B03_breach_and_decision_stand_in_the_same_log_and_at_the_confirmation() -> None:
    async with a_play() as play:
        slip = await slips(play)
        letters = await play.sent()
        await mends(play)
        recall = await recalls(play, slip)
        decided = await decides(play)
        await draws_to_its_end(play)

        end = await is_authorised(play)

        assert end.told()[WHOSE] == "closure-notice"
        assert WRONG not in end.told()
        letters += await play.sent()
        assert [m.notice for m in mails_to(letters, WRONG)] == ["placing-authority-alert", "recall"]
        await everybody_acknowledges(play)
        done = await confirms(play)
        assert isinstance(done, Attested), done
        assert WRONG not in {party for party, _ in done.attestation.reached}
        assert WHOSE in {party for party, _ in done.attestation.reached}
        assert (
            f"the placing authority {HAMPSHIRE} was told by mistake alone "
            "(recall rc-1: a slip in the register of placements)"
        ) in done.attestation.flags
        in_order = [json.loads(data)["event"] for data in await log_of(play, "event.applied")]
        assert in_order.index(slip.took.event) < in_order.index(recall.took.event)
        assert in_order.index(recall.took.event) < in_order.index(decided.took.event)
