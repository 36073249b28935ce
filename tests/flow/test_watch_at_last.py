"""What waited for a fit channel goes when the directory is corrected, and not at the next event."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.decision import OccasionKind
from hub.directory import Agency
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, AgencyKind, HoldKind, InfoClass
from tests.core.placing import SCOTTISH, as_party, contact, line, number_of
from tests.flow.scenarios.stage import ROSEWOOD, THE_PROVIDER, Letter, Play, a_play, mails_to

SCOT: Final = SCOTTISH[0]
NOBODY: Final = AgencyId("gss:W06000009")
PENFRO: Final = Agency(id=NOBODY, name="Penfro", kind=AgencyKind.COUNCIL)
DUMFRIES: Final = Agency(id=AgencyId(SCOT), name="Dumfries", kind=AgencyKind.COUNCIL)
SHORT: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})


async def placed_by(play: Play, authority: AgencyId) -> None:
    """A concern in which this authority has placed an adult; all that may go is sent."""
    await play.opens()
    await play.says(
        "placement.register.declared",
        placements=[line(authority)],
        self_funders=0,
        complete=True,
    )
    await play.sent()


async def swept(play: Play, authority: AgencyId) -> list[Letter]:
    """The clock is looked at; return what the authority then gets."""
    await play.scene.watch().sweep()
    return mails_to(await play.sent(), as_party(authority))


async def test_S5_H7_what_waited_goes_the_moment_the_directory_has_an_accredited_mailbox() -> None:
    async with a_play([DUMFRIES, contact(SCOT, accredited=SHORT)]) as play:
        await placed_by(play, DUMFRIES.id)
        assert await swept(play, DUMFRIES.id) == []
        await play.scene.register.put_contact(contact(SCOT, 1))

        (letter,) = await swept(play, DUMFRIES.id)

        assert number_of(SCOT) in letter.text
        assert await play.owes(ObligationKind.REPLACE_CONTACT) == []
        assert await swept(play, DUMFRIES.id) == [], "told once"


async def test_H10_who_could_not_be_reached_is_told_when_it_has_a_mailbox() -> None:
    async with a_play([PENFRO]) as play:
        await placed_by(play, NOBODY)
        assert await swept(play, NOBODY) == []
        await play.scene.register.put_contact(contact(NOBODY))

        (letter,) = await swept(play, NOBODY)

        assert letter.notice == "current-position"
        assert number_of(NOBODY) in letter.text
        assert await play.owes(ObligationKind.REPLACE_CONTACT) == []
        record = await play.record()
        mine = [d for d in record.decisions if d.occasion.kind is OccasionKind.HOLDS_CHANGED]
        assert {d.party for d in mine} == set(record.concern.parties()), "everybody has an answer"


async def test_two_watchers_that_see_the_correction_tell_it_once() -> None:
    async with a_play([PENFRO]) as play:
        await placed_by(play, NOBODY)
        await play.scene.register.put_contact(contact(NOBODY))

        told = await asyncio.gather(*(play.scene.watch().sweep() for _ in range(3)))

        assert sum(one.told_at_last for one in told) == 1
        assert len(mails_to(await play.sent(), as_party(NOBODY))) == 1


async def test_H3_what_a_person_holds_is_not_told_because_a_mailbox_was_corrected() -> None:
    async with a_play([PENFRO]) as play:
        await placed_by(play, NOBODY)
        await play.says(
            "hold.placed",
            hold_id="hold-1",
            kind=HoldKind.H3,
            party=NOBODY,
            role="placing authority",
            classes=["process", "themes", "placed adult"],
            placed_by={"name": "Amara Okafor", "role": "Lead Enquiry Officer"},
            reason="the adult is not safe yet",
            endorsed_by_agency=None,
            review_due=(play.scene.clock.now() + timedelta(days=3)).isoformat(),
            conditions_for_release="when the adult is safe",
        )
        await play.scene.register.put_contact(contact(NOBODY))

        assert await swept(play, NOBODY) == []


async def test_M055_a_mailbox_for_the_provider_tells_it_nothing_before_a_crime_is_ruled_out() -> (
    None
):
    async with a_play() as play:
        register = play.scene.register
        homes = [c for c in (await register.directory()).contacts if c.agency == ROSEWOOD]
        for home in homes:
            await register.put_contact(replace(home, usable=False))
        await play.opens()
        await play.sent()
        await play.scene.watch().sweep()
        for home in homes:
            await register.put_contact(home)

        told = (await play.scene.watch().sweep()).told_at_last

        assert told == 0
        assert mails_to(await play.sent(), THE_PROVIDER) == []
        # Its mailbox does work, and was all that this would have needed.
        await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
        assert mails_to(await play.sent(), THE_PROVIDER) != []


async def test_where_nothing_in_the_directory_changed_nobody_is_looked_for() -> None:
    async with a_play([PENFRO]) as play:
        await placed_by(play, NOBODY)
        watch = play.scene.watch()
        await watch.sweep()
        before = play.scene.line.asked["wanting"]

        await watch.sweep()

        assert play.scene.line.asked["wanting"] == before
