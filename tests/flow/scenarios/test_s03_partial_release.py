"""S3: the police allow that the process exists, and not the allegation."""

from __future__ import annotations

from datetime import timedelta

from hub.decision import OccasionKind
from hub.vocabulary import HoldKind, InfoClass, ObligationKind
from tests.flow.scenarios.last_page import (
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
)
from tests.flow.scenarios.packed import is_packed
from tests.flow.scenarios.stage import (
    SURREY,
    SUSSEX_POLICE,
    THE_CQC,
    THE_POLICE,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
    mails_to,
    placed,
)


async def advises(play: Play, advice: str, *classes: str) -> Heard:
    now = play.scene.clock.now()
    still_held = advice != "release"
    return await play.says(
        "police.advice.recorded",
        source=SUSSEX_POLICE,
        advice=advice,
        classes=list(classes),
        officer="DS Nair",
        log_number="SXP-881",
        advised_at=now.isoformat(),
        recorded_by="DS Nair",
        review_due=(now + timedelta(days=3)).isoformat() if still_held else None,
    )


async def test_S3_M072_the_provider_hears_that_the_process_exists_and_nothing_of_why() -> None:
    async with a_play() as play:
        await play.opens()
        await play.says("criminal.status.declared", status="yes", declared_by="DS Nair")
        await play.sent()

        freed = await advises(play, "partial release", "process")

        again = OccasionKind.HOLDS_CHANGED
        assert freed.told(again)[THE_PROVIDER] == "provider-informed"
        assert freed.classes(THE_PROVIDER, again) == {InfoClass.PROCESS}
        held = freed.held(again)[THE_PROVIDER]
        assert [(h.info, h.kind, h.released_by) for h in held] == [
            (InfoClass.THEMES, HoldKind.H1, "police")
        ]
        (letter,) = mails_to(await play.sent(), THE_PROVIDER)
        assert "It is not a finding against you" in letter.text
        for word in ("bruising", "Concerns:", "police", "investigation", "night shifts"):
            assert word not in letter.raw, word


async def test_S3_what_is_still_held_has_a_review_of_its_own_and_is_told_when_it_is_free() -> None:
    async with a_play() as play:
        await play.opens()
        await play.says("criminal.status.declared", status="yes", declared_by="DS Nair")
        await advises(play, "partial release", "process")
        (first,) = mails_to(await play.sent(), THE_PROVIDER)
        (review,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert review.party == THE_POLICE
        assert (
            review.due == play.scene.clock.now().replace(second=0) + timedelta(days=3)
            or review.due > play.scene.clock.now()
        )

        await play.pass_time(timedelta(days=30))
        assert mails_to(await play.sent(), THE_PROVIDER) == []

        await advises(play, "release")
        (second,) = mails_to(await play.sent(), THE_PROVIDER)

        # The two notices differ by what was freed.
        assert "bruising" not in first.text
        assert "bruising" in second.text
        assert first.mail["Message-ID"] != second.mail["Message-ID"]


async def test_S3_everybody_else_hears_all_the_time() -> None:
    async with a_play() as play:
        opened = await play.opens()
        await play.says("criminal.status.declared", status="yes", declared_by="DS Nair")
        await advises(play, "hold")

        themes = await play.says(
            "themes.agreed",
            themes=[{"question": "safe", "theme": "moving and handling"}],
            risk_level="high",
        )

        assert THE_CQC in opened.told()
        assert themes.told()[THE_CQC] == "themes-agreed"
        assert THE_PROVIDER not in themes.told()


async def test_S3_M102_the_closure_pack_shows_the_providers_two_notices_side_by_side() -> None:
    async with a_play() as play:
        await play.opens()
        await play.says("criminal.status.declared", status="yes", declared_by="DS Nair")
        await play.says(
            "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
        )
        await advises(play, "partial release", "process")
        await play.sent()
        await play.pass_time(timedelta(days=2))
        await advises(play, "release")
        await play.sent()
        await draws_to_its_end(play)
        await is_authorised(play)
        await play.sent()
        await everybody_acknowledges(play)

        pack = await is_packed(play)

        provider = pack.party(THE_PROVIDER)
        first, second = [n for n in provider["notices"] if n["notice"] == "provider-informed"]
        assert first["written"] < second["written"]
        assert first["classes"] == ["process"]
        assert set(second["classes"]) > set(first["classes"])
        assert "bruising" not in pack.words(first)
        assert "bruising" in pack.words(second)
        section = next(s for s in pack.page.split("<section>") if "(provider)" in s)
        side = section.partition('<div class="side">')[2]
        assert side.index(f"receipts/{first['id']}") < side.index(f"receipts/{second['id']}")
