"""S2: an assault is alleged, the registered manager is the suspect, and the police hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.closure import Gap
from hub.decision import Hold, OccasionKind
from hub.receipt import fold
from hub.vocabulary import Channel, HoldKind, InfoClass, ObligationKind, Role, Rung
from tests.core.packs import directory
from tests.flow.scenarios.ending import closes, reviewed
from tests.flow.scenarios.stage import (
    CONTRACTS,
    HOST,
    ROSEWOOD,
    SURREY,
    SUSSEX_POLICE,
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

MANAGER: Final = "rosewood"
"""The mailbox of the registered manager, and so the suspect's."""
ANOTHER: Final = "rosewood-deputy"
SUSPECT: Final = "Pat Crane"
THE_SURREY: Final = is_a(SURREY, Role.PLACING_AUTHORITY)
CAVEAT: Final = "Do not discuss this notice with the provider"
TELLTALE: Final = ("police", "investigation", "suspect", "crime", "assault", SUSPECT)


async def advises(play: Play, advice: str, *classes: str) -> Heard:
    now = play.scene.clock.now()
    return await play.says(
        "police.advice.recorded",
        source=SUSSEX_POLICE,
        advice=advice,
        classes=list(classes),
        officer="DS Nair",
        log_number="SXP-881",
        advised_at=now.isoformat(),
        recorded_by="DS Nair",
        review_due=(now + timedelta(days=3)).isoformat() if advice != "release" else None,
    )


async def held(play: Play) -> dict[str, Heard]:
    """The concern is opened, the police investigate and hold, and Surrey has people there."""
    heard = {"opened": await play.opens(person_alleged=SUSPECT)}
    heard["status"] = await play.says(
        "criminal.status.declared", source=SUSSEX_POLICE, status="yes", declared_by="DS Nair"
    )
    heard["advice"] = await advises(play, "hold")
    heard["register"] = await play.says(
        "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
    )
    return heard


async def struck(play: Play) -> Heard:
    """The manager has power to abuse: none of the manager's mailboxes is written to."""
    return await play.says(
        "factor.power.flagged",
        agency=ROSEWOOD,
        role="provider",
        contacts=[MANAGER],
        person=SUSPECT,
        flagged_by=person("Lead Enquiry Officer"),
        flagged_at=play.scene.clock.now().isoformat(),
    )


async def test_S2_M055_M072_all_hear_but_the_provider_and_commissioners_with_the_caveat() -> None:
    async with a_play() as play:
        heard = await held(play)

        assert set(heard["opened"].told()) == {THE_CQC, THE_HOST, THE_ICB, CONTRACTS, THE_POLICE}
        assert heard["register"].told() == {THE_SURREY: "placing-authority-alert"}
        for one in heard.values():
            assert THE_PROVIDER not in one.told()
            assert THE_PROVIDER not in one.told(OccasionKind.HOLDS_CHANGED)
        assert {h.kind for h in heard["opened"].held()[THE_PROVIDER]} == {HoldKind.H1}
        letters = await play.sent()
        assert mails_to(letters, THE_PROVIDER) == []
        for party in (THE_CQC, THE_ICB, THE_SURREY):
            for letter in mails_to(letters, party):
                assert CAVEAT in " ".join(letter.text.split())


async def test_S2_the_police_are_told_by_secure_mail_and_by_no_other_way() -> None:
    desk = next(c for c in directory().contacts if c.id == "sussex-police")
    secure = replace(desk, address="public-protection@sussex-police.example.cjsm.net")
    police = next(a for a in directory().agencies if a.id == desk.agency)
    at_home = replace(police, mail_domains=(*police.mail_domains, "cjsm.net"))
    async with a_play([at_home, secure]) as play:
        await held(play)

        assert mails_to(await play.sent(), THE_POLICE) == []

        carried = play.scene.secure.carried
        assert {one.delivery.party for one in carried} == {THE_POLICE}
        assert {one.where for one in carried} == {secure.address}
        record = await play.record()
        mine = [n for n in record.notices if n.notice.party == THE_POLICE]
        assert mine
        for notice in mine:
            assert {d.channel for d in notice.deliveries} == {Channel.CJSM}
            assert fold(notice.receipts).rung is Rung.RELAYED, "no more than the gateway said"


async def test_S2_no_commissioner_reads_what_the_police_know() -> None:
    async with a_play() as play:
        heard = await held(play)

        for party in (THE_SURREY, THE_ICB):
            for one in heard.values():
                assert InfoClass.CRIMINAL not in one.classes(party)
                assert InfoClass.PERSON_ALLEGED not in one.classes(party)
        letters = await play.sent()
        for party in (THE_SURREY, THE_ICB):
            for letter in mails_to(letters, party):
                # Whom a basis in law and a desk's own address name is the same for every concern.
                said = letter.text.partition("Purpose:")[0].casefold()
                assert not [word for word in TELLTALE if word.casefold() in said]


async def test_S2_M122_within_four_hours_somebody_says_who_keeps_people_safe() -> None:
    async with a_play() as play:
        await held(play)
        (owed,) = await play.owes(ObligationKind.INTERIM_PROTECTION)
        assert owed.party == THE_HOST
        assert owed.due == owed.opened_at + timedelta(hours=4)

        recorded = await play.says(
            "protection.interim.recorded",
            agency=HOST,
            lead=person("Duty manager", "Kit Lane"),
            measures="two workers of the council are there day and night",
            review_due=(play.scene.clock.now() + timedelta(days=2)).isoformat(),
        )

        assert not await play.owes(ObligationKind.INTERIM_PROTECTION)
        assert recorded.told() == dict.fromkeys(
            {THE_HOST, THE_ICB, THE_SURREY, THE_CQC}, "interim-protection"
        )
        assert THE_PROVIDER not in recorded.told()
        (letter,) = [
            x for x in mails_to(await play.sent(), THE_SURREY) if x.notice == "interim-protection"
        ]
        assert "two workers of the council are there day and night" in " ".join(letter.text.split())


async def test_S2_M019_the_manager_is_struck_and_the_host_alone_hears_who_it_is() -> None:
    async with a_play() as play:
        await held(play)
        await play.sent()

        flagged = await struck(play)

        assert flagged.told() == {THE_HOST: "power-flagged"}
        (letter,) = await play.sent()
        assert letter.party == THE_HOST
        assert SUSPECT in letter.text
        (owed,) = await play.owes(ObligationKind.REPLACE_CONTACT)
        assert (owed.party, owed.due) == (THE_HOST, owed.opened_at + timedelta(hours=4))
        assert SUSPECT not in owed.says


async def test_S2_M072_a_review_that_is_overdue_is_counted_and_never_sends() -> None:
    async with a_play() as play:
        await held(play)
        await play.sent()
        (review,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert review.party == THE_POLICE

        await play.pass_time(timedelta(days=400))

        assert (await play.scene.watch().sweep()).overdue >= 1
        (still,) = await play.owes(ObligationKind.REVIEW_HOLD)
        assert replace(still, climb=review.climb) == review
        asked = [o for o in await play.owes(ObligationKind.PERSON) if str(review.kind) in o.key]
        assert {o.party.role for o in asked} == {
            Role.EMERGENCY_DUTY_TEAM,
            Role.HOST_AUTHORITY,
            Role.HEAD_OF_SAFEGUARDING,
        }
        assert any("detective superintendent" in o.says for o in asked)
        assert mails_to(await play.sent(), THE_PROVIDER) == []
        assert [x for x in play.scene.carried if x.delivery.party == THE_PROVIDER] == []


async def test_S2_M072_a_partial_release_gives_those_classes_to_another_contact() -> None:
    async with a_play() as play:
        await held(play)
        await struck(play)
        await play.sent()

        freed = await advises(play, "partial release", "process", "themes")

        assert freed.classes(THE_PROVIDER, OccasionKind.HOLDS_CHANGED) == {
            InfoClass.PROCESS,
            InfoClass.THEMES,
        }
        mails = mails_to(await play.sent(), THE_PROVIDER)
        assert mails
        for letter in mails:
            said = letter.text.partition("Purpose:")[0].casefold()
            assert "bruising" in said
            assert not [word for word in TELLTALE if word.casefold() in said]
        mine = [x.delivery for x in play.scene.carried if x.delivery.party == THE_PROVIDER]
        assert {d.target for d in mine if d.channel is Channel.EMAIL} == {ANOTHER}


async def test_S2_M100_at_the_end_all_that_was_held_is_on_record_and_is_a_gap() -> None:
    async with a_play() as play:
        await held(play)
        await play.pass_time(timedelta(days=4))
        await closes(play)

        record = await play.record()

        holds = [d for d in record.decisions if d.party == THE_PROVIDER and isinstance(d, Hold)]
        assert holds
        assert {h.kind for d in holds for h in d.held} == {HoldKind.H1}
        assert all(h.reason.sentence and h.released_by for d in holds for h in d.held)
        found = await reviewed(play)
        assert THE_PROVIDER in found.parties
        assert [gap for gap in found.gaps if gap.party == THE_PROVIDER] == [
            Gap(
                party=THE_PROVIDER,
                says="the police advice on it is past its review date",
                waivable=False,
            ),
            Gap(
                party=THE_PROVIDER,
                says=(
                    "it would first hear at the end, and the Chair has not decided that it may "
                    "(11.1)"
                ),
            ),
        ]
        assert mails_to(await play.sent(), THE_PROVIDER) == []
