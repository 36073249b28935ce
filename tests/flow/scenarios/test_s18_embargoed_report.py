"""S18: an inspection report before it is published, and one plan that two agencies own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.vocabulary import HoldKind, InfoClass, ObligationKind, Role
from tests.flow.scenarios.stage import (
    CONTRACTS,
    CQC,
    HAMPSHIRE,
    HOST,
    NHS_SUSSEX,
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

LISTED = is_a(SURREY, Role.PLACING_AUTHORITY)
UNLISTED = is_a(HAMPSHIRE, Role.PLACING_AUTHORITY)
OF_HEALTH = is_a(NHS_SUSSEX, Role.PLACING_ICB)
PARTIES = {THE_CQC, THE_HOST, THE_ICB, CONTRACTS, LISTED, UNLISTED, OF_HEALTH}
REPORT = "INS-2027-114"


async def begins(play: Play) -> None:
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared",
        placements=[
            placed(SURREY, "SCC-1"),
            placed(HAMPSHIRE, "HCC-1"),
            placed(NHS_SUSSEX, "QNX-1", kind="icb"),
        ],
        complete=True,
    )
    await play.sent()


async def shares(play: Play, **changes: Any) -> Heard:  # noqa: ANN401 - of any field
    said = {
        "report": REPORT,
        "status": "embargoed",
        "publish_on": "2026-12-10",
        "to": [HOST, SURREY],
        "shared_by": person("Inspector", "Nia Cole"),
    }
    return await play.says("inspection.report.shared", **{**said, **changes})


async def test_S18_M045_only_those_on_the_list_hear_of_it_and_H4_holds_it_from_everybody_else() -> (
    None
):
    async with a_play() as play:
        await begins(play)

        shared = await shares(play)

        on_the_list = {THE_CQC, THE_HOST, LISTED}
        assert shared.told() == dict.fromkeys(on_the_list, "report-embargoed")
        assert set(shared.held()) == PARTIES - on_the_list
        for held in shared.held().values():
            assert {(h.info, h.kind, h.released_by, h.reason.rule) for h in held} == {
                (InfoClass.PROCESS, HoldKind.H4, "regulator", "W12")
            }
        assert shared.reason(UNLISTED) == (
            "The report is not published, and it is not on the list of those who may know"
        )
        letters = await play.sent()
        assert {letter.party for letter in letters} == on_the_list
        (letter,) = mails_to(letters, LISTED)
        assert "to be published on Thursday 10 December 2026" in letter.prose
        assert "do not say that it is there" in letter.prose
        assert mails_to(letters, THE_PROVIDER) == []


async def test_S18_M045_no_date_publishes_it_and_whoever_is_not_on_the_list_reads_nothing_of_it() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play() as play:
        await begins(play)
        await shares(play)
        await play.sent()
        (owed,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert (owed.party, owed.due) == (THE_HOST, datetime(2026, 12, 10, 17, tzinfo=UTC))

        await play.pass_time(timedelta(days=60))
        themes = await play.says(
            "themes.agreed",
            themes=[{"question": "safe", "theme": "moving and handling"}],
            risk_level="high",
        )

        assert themes.told()[UNLISTED] == "themes-agreed"
        letters = await play.sent()
        assert {UNLISTED, THE_ICB} <= {letter.party for letter in letters}
        assert not any(REPORT in letter.raw for letter in letters)
        assert await play.owes(ObligationKind.REVIEW_HOLD)


async def test_S18_M045_another_date_and_another_list_are_decided_again() -> None:
    async with a_play() as play:
        await begins(play)
        await shares(play)
        await play.sent()

        moved = await shares(play, publish_on="2026-12-20", to=[HOST, HAMPSHIRE])

        on_the_list = {THE_CQC, THE_HOST, UNLISTED}
        assert moved.told() == dict.fromkeys(on_the_list, "report-embargoed")
        assert set(moved.held()) == PARTIES - on_the_list
        letters = await play.sent()
        for party in on_the_list:
            (letter,) = mails_to(letters, party)
            assert "to be published on Sunday 20 December 2026" in letter.prose
        assert mails_to(letters, LISTED) == []
        (owed,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert owed.due == datetime(2026, 12, 20, 17, tzinfo=UTC)


async def test_S18_M045_once_it_is_published_everybody_who_takes_part_hears_and_nothing_is_owed() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play() as play:
        await begins(play)
        await shares(play)
        await play.sent()

        out = await shares(
            play,
            status="published",
            publish_on=None,
            to=[],
            published_at=play.scene.clock.now().isoformat(),
        )

        assert out.told() == dict.fromkeys(PARTIES, "report-published")
        assert out.held() == {}
        letters = await play.sent()
        assert {letter.party for letter in letters} == PARTIES
        assert all(REPORT in letter.prose for letter in letters)
        assert await play.owes(ObligationKind.REVIEW_HOLD) == []


async def test_S18_M046_a_joint_plan_is_said_once_to_its_two_owners() -> None:
    async with a_play() as play:
        await begins(play)
        plan: dict[str, Any] = {
            "plan": "JP-1",
            "scope": "checks of medicines and of the night rota",
            "owners": [CQC, HOST],
            "agreed_at": play.scene.clock.now().isoformat(),
            "agreed_by": person("Lead Enquiry Officer"),
        }

        agreed = await play.says("process.joint.agreed", **plan)
        again = await play.says("process.joint.agreed", **plan)

        assert agreed.told() == dict.fromkeys((THE_CQC, THE_HOST), "joint-plan")
        assert agreed.held() == {}
        assert again.told() == {}
        letters = await play.sent()
        assert {letter.party for letter in letters} == {THE_CQC, THE_HOST}
        assert len(letters) == 2
        for letter in letters:
            assert "It covers: checks of medicines and of the night rota." in letter.prose
            assert "ask nobody for the same thing twice" in letter.prose
