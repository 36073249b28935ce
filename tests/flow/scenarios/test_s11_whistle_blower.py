"""S11: a member of staff speaks up; nobody may learn who, the provider least of all."""

from __future__ import annotations

from typing import Any

import pytest

from hub.decision import OccasionKind
from hub.vocabulary import HoldKind, InfoClass, ObligationKind, Role
from tests.flow.scenarios.last_page import draws_to_its_end, is_authorised
from tests.flow.scenarios.stage import (
    HAMPSHIRE,
    SURREY,
    SUSSEX_POLICE,
    THE_CQC,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    Heard,
    Letter,
    Play,
    a_play,
    is_a,
    mails_to,
    placed,
)

WHO = "Quillon Drax, healthcare assistant, who alone covers Tuesday nights"
CLUES = ("quillon", "drax", "healthcare assistant", "tuesday nights", "who alone")
"""Whatever of who spoke could be read; no theme has any of it."""
SURREYS = is_a(SURREY, Role.PLACING_AUTHORITY)


async def opens(play: Play, status: str) -> Heard:
    opened = await play.opens(
        themes=[{"question": "safe", "theme": "People are left in bed after breakfast"}],
        affected_count=2,
        referrer=WHO,
    )
    await play.says(
        "criminal.status.declared", source=SUSSEX_POLICE, status=status, declared_by="DS Nair"
    )
    await play.says(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")],
        complete=True,
    )
    return opened


async def speaks(play: Play, *, outside: bool = True) -> Heard:
    return await play.says(
        "concern.staff.raised",
        raised="W-17",
        outside=outside,
        what="call bells are switched off after ten",
        raised_at=play.scene.clock.now().isoformat(),
        referrer=WHO,
    )


@pytest.mark.parametrize(
    ("status", "readers"),
    [
        ("consulted, none", {THE_CQC, THE_HOST}),
        ("crime suspected", {THE_CQC, THE_HOST, THE_POLICE}),
        ("yes", {THE_CQC, THE_HOST, THE_POLICE}),
    ],
)
async def test_S11_N015_what_staff_say_goes_to_the_host_and_cqc_and_to_the_police_if_it_is_a_crime(
    status: str, readers: set[Any]
) -> None:
    async with a_play() as play:
        await opens(play, status)
        await play.sent()

        spoken = await speaks(play)

        assert spoken.told() == dict.fromkeys(readers, "concern-staff-raised")
        assert spoken.held() == {}
        for party in readers:
            assert spoken.classes(party) == {InfoClass.PROCESS, InfoClass.THEMES}
        assert THE_PROVIDER not in spoken.told()
        letters = await play.sent()
        assert {letter.party for letter in letters} == readers
        for letter in letters:
            assert "call bells are switched off after ten" in letter.prose
            assert "Look into what is said, not into who said it" in letter.prose
            assert "tell nobody at the service that anything was raised" in letter.prose


async def test_S11_N015_what_is_said_within_the_provider_stays_with_the_host() -> None:
    async with a_play() as play:
        await opens(play, "consulted, none")

        spoken = await speaks(play, outside=False)

        assert spoken.told() == {THE_HOST: "concern-staff-raised"}


async def a_whole_course(play: Play) -> list[Letter]:
    """Everything from the opening to the end, with all that went out."""
    await opens(play, "consulted, none")
    letters = await play.sent()
    await speaks(play)
    await play.says(
        "themes.agreed",
        themes=[{"question": "safe", "theme": "People are left in bed after breakfast"}],
        risk_level="high",
        affected_count=2,
    )
    letters += await play.sent()
    await draws_to_its_end(play)
    await is_authorised(play)
    return letters + await play.sent()


async def test_S11_C7_not_one_of_all_the_messages_says_who_it_was_in_any_part_of_it() -> None:
    async with a_play() as play:
        letters = await a_whole_course(play)

        assert len(letters) > 20
        assert THE_PROVIDER in {letter.party for letter in letters}
        for letter in letters:
            read = letter.raw.lower()
            for clue in CLUES:
                assert clue not in read, (letter.notice, letter.party, clue)
        for one in play.scene.carried:
            for clue in ("Quillon", "Drax"):
                assert clue.encode() not in one.delivery.body
        for decision in (await play.record()).decisions:
            assert InfoClass.REFERRER not in {s.info for s in getattr(decision, "shared", ())}


async def test_S11_the_provider_reads_nothing_of_what_was_said_nor_that_anybody_spoke() -> None:
    async with a_play() as play:
        letters = mails_to(await a_whole_course(play), THE_PROVIDER)

        assert letters[0].notice == "provider-informed"
        for letter in letters:
            for word in ("call bells", "W-17", "raised", "member of staff", "works at", "whistle"):
                assert word not in letter.raw, (letter.notice, word)


async def test_S11_M011_a_number_that_is_small_enough_to_point_at_somebody_is_not_told() -> None:
    async with a_play() as play:
        letters = await a_whole_course(play)

        (theirs,) = [m for m in mails_to(letters, SURREYS) if m.notice == "themes-agreed"]
        assert "fewer than 3" in theirs.prose
        (ours,) = [m for m in mails_to(letters, THE_CQC) if m.notice == "themes-agreed"]
        assert "fewer than 3" not in ours.prose


async def test_S11_themes_that_point_at_who_spoke_wait_for_a_sign_off_and_the_rest_is_told() -> (
    None
):
    async with a_play() as play:
        await play.opens(
            themes=[{"question": "safe", "theme": "One healthcare assistant covers the nights"}],
            referrer=WHO,
        )
        freed = await play.says(
            "criminal.status.declared", status="consulted, none", declared_by="DS Nair"
        )

        assert [(h.info, h.kind) for h in freed.held(OccasionKind.HOLDS_CHANGED)[THE_PROVIDER]] == [
            (InfoClass.THEMES, HoldKind.H9)
        ]
        letters = await play.sent()
        (theirs,) = mails_to(letters, THE_PROVIDER)
        assert "healthcare assistant" not in theirs.raw
        assert "One healthcare assistant covers" in mails_to(letters, THE_CQC)[0].prose
        (review,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert review.party == THE_HOST

        agreed = await play.says(
            "themes.agreed",
            themes=[{"question": "safe", "theme": "Too few people are there after dark"}],
            risk_level="high",
        )

        assert agreed.held() == {}
        assert agreed.told()[THE_PROVIDER] == "themes-agreed"
        assert await play.owes(ObligationKind.REVIEW_HOLD) == []
