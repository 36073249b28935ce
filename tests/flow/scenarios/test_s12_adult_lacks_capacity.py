"""S12: an adult cannot decide; the son, next of kin on paper, is alleged to have caused harm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.concern import Party
from hub.intake.took import Became
from hub.obligation import Obligation
from hub.vocabulary import InfoClass, ObligationKind, Role
from tests.flow.scenarios.stage import (
    HAMPSHIRE,
    SURREY,
    THE_PROVIDER,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

PLACED_BY = is_a(SURREY, Role.PLACING_AUTHORITY)
WORKER = is_a(SURREY, Role.ADULTS)
OTHERS = is_a(HAMPSHIRE, Role.ADULTS)
IMCA = is_a("unit:west-sussex-advocacy", Role.ADVOCACY)
ADULT: dict[str, Any] = {"commissioner": SURREY, "adult": "SCC-1"}
DECISION: dict[str, Any] = {**ADULT, "decision_scope": "where to live"}
SON = "NOK-1"
SOCIAL_WORKER = person("Social worker", "Sam Reed")
OWN = {InfoClass.PROCESS, InfoClass.PLACED_ADULT}


async def begins(play: Play) -> None:
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1", "SCC-2"), placed(HAMPSHIRE, "HCC-1")],
        complete=True,
    )
    await play.says(
        "communication.plan.agreed",
        agreed_by=SOCIAL_WORKER,
        agreed_on="2026-12-01",
        update_every_days=14,
    )
    await play.sent()


async def support(
    play: Play,
    standing: str,
    became: Became = Became.ACCEPTED,
    **data: Any,  # noqa: ANN401 - of any field
) -> Heard:
    said: dict[str, Any] = {"need": "SUP-1", "support": "imca", "unsafe_contacts": [SON], **data}
    return await play.says(
        "support.arranged", became=became, **{**ADULT, "standing": standing, **said}
    )


async def cannot_decide(play: Play) -> None:
    """The adult was helped to decide, and it is concluded that the adult cannot."""
    await play.says(
        "capacity.support.recorded",
        **DECISION,
        support=["communication aid", "more time"],
        recorded_by=SOCIAL_WORKER,
    )
    await play.says(
        "capacity.assessment.recorded",
        **DECISION,
        assessed_on="2026-12-02",
        outcome="cannot decide",
        assessed_by=SOCIAL_WORKER,
    )


async def interests(play: Play, became: Became = Became.ACCEPTED, **data: Any) -> Heard:  # noqa: ANN401 - of any field
    said: dict[str, Any] = {"representative": "nobody suitable", "imca": IMCA.agency, **data}
    return await play.says(
        "bestinterests.started",
        became=became,
        **DECISION,
        decision_maker=SOCIAL_WORKER,
        started_at=play.scene.clock.now().isoformat(),
        **said,
    )


async def test_S12_M079_whoever_placed_the_adult_arranges_support_by_the_next_working_day() -> None:
    async with a_play() as play:
        await begins(play)

        needed = await support(play, "needed")

        assert needed.told() == {PLACED_BY: "support-needed"}
        assert needed.held() == {}
        (owed,) = await play.owes(ObligationKind.ARRANGE_SUPPORT)
        assert (owed.party.agency, owed.due) == (SURREY, datetime(2026, 12, 2, 17, tzinfo=UTC))

        arranged = await support(play, "arranged", service=IMCA.agency)

        assert arranged.told() == dict.fromkeys((WORKER, IMCA), "support-arranged")
        assert await play.owes(ObligationKind.ARRANGE_SUPPORT) == []


async def test_S12_M078_the_advocate_and_the_worker_hear_of_this_adult_and_of_nobody_elses() -> (
    None
):
    async with a_play() as play:
        await begins(play)
        await support(play, "arranged", service=IMCA.agency)
        await cannot_decide(play)
        await play.sent()

        begun = await interests(play)

        assert begun.told() == dict.fromkeys((WORKER, IMCA), "best-interests-started")
        assert begun.held() == {}
        assert begun.classes(IMCA) <= OWN
        letters = await play.sent()
        assert {letter.party for letter in letters} == {WORKER, IMCA}
        for letter in letters:
            assert "SCC-1" in letter.prose
            for word in ("SCC-2", "HCC-1", SON, "bruising"):
                assert word not in letter.raw, (letter.party, word)
        (worker,) = mails_to(letters, WORKER)
        assert "Still tell the person" in worker.prose


async def test_S12_H3_the_son_speaks_for_nobody_though_he_is_listed_as_next_of_kin() -> None:
    async with a_play() as play:
        await begins(play)
        await support(play, "needed")
        await cannot_decide(play)
        await play.sent()

        waits = await interests(
            play, Became.WAITING, representative="family or friend", contact=SON, imca=None
        )

        assert waits.took.why == "the representative is alleged to have caused harm (7.5)"
        assert waits.decisions == ()
        assert await play.sent() == []
        helps = await support(
            play,
            "arranged",
            became=Became.WAITING,
            need="SUP-2",
            support="family or friend",
            contact=SON,
            unsafe_contacts=[],
        )
        assert helps.took.why == "who helps is alleged to have caused harm (7.5)"


async def test_S12_H3_he_is_in_no_message_and_the_worker_is_warned_and_a_slip_is_looked_at() -> (
    None
):
    async with a_play() as play:
        await begins(play)
        await support(play, "arranged", service=IMCA.agency)
        letters = await play.sent()
        (worker,) = mails_to(letters, WORKER)
        warned = "Tell nobody who is alleged to have caused harm, next of kin or not"
        assert warned in worker.prose
        before = {o.id for o in await play.owes(ObligationKind.CHECK_WELFARE)}

        slip = await tells(play, "carer", how="by phone", contact=SON)

        new = [o for o in await play.owes(ObligationKind.CHECK_WELFARE) if o.id not in before]
        assert [(o.party.agency, "unsafe contact was told" in o.says) for o in new] == [
            (SURREY, True)
        ]
        assert THE_PROVIDER not in slip.told()
        letters += await play.sent()
        assert not any(SON in letter.raw for letter in letters)


async def tells(play: Play, who: str, **data: Any) -> Heard:  # noqa: ANN401 - of any field
    return await play.says(
        "adults.told",
        **{
            "commissioner": SURREY,
            "who": who,
            "how": "through an advocate",
            "format": "easy read",
            "told_at": play.scene.clock.now().isoformat(),
            "told_by": person("Advocate", "Lin Marsh"),
            **data,
        },
    )


async def test_S12_M073_the_adult_is_told_in_easy_read_by_the_advocate_and_it_is_on_record() -> (
    None
):
    async with a_play() as play:
        await begins(play)
        decided = await play.says(
            "adults.informed",
            stage="decision to initiate",
            decision="tell",
            decided_by=person("Lead Enquiry Officer"),
        )
        assert decided.told() == dict.fromkeys((WORKER, OTHERS), "adults-informed")
        mine = {o.key.partition(":")[2] for o in await owed_to_adults(play, WORKER)}
        assert len(mine) == 2

        await tells(play, "adult", adults=["SCC-1"])
        still = await owed_to_adults(play, WORKER)
        await tells(play, "adult", adults=["SCC-2"])

        # Each of Surrey's adults; the carers are still owed it.
        assert len(still) == 2
        assert [o.says.split(",")[0] for o in await owed_to_adults(play, WORKER)] == [
            "tell each carer"
        ]
        told = [s.data for s in (await play.record()).concern.said if s.data.wire == "adults.told"]
        assert {(t.model_dump()["how"], t.model_dump()["format"]) for t in told} == {
            ("through an advocate", "easy read")
        }


async def owed_to_adults(play: Play, party: Party) -> list[Obligation]:
    return [o for o in await play.owes(ObligationKind.TELL_ADULTS) if o.party == party]
