"""S14: the end, with a council merged away, a provider struck off, and something still held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.answers import Attested, NotYet
from hub.closure import Waiver
from hub.directory import Agency, Contact
from hub.intake.took import Became
from hub.vocabulary import AgencyId, AgencyKind, ContactId, HoldKind, InfoClass, Role
from tests.flow.scenarios.last_page import (
    confirms,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
    log_of,
    missing,
)
from tests.flow.scenarios.packed import is_packed
from tests.flow.scenarios.stage import (
    CONTRACTS,
    HAMPSHIRE,
    HOST,
    ROSEWOOD,
    SURREY,
    THE_CQC,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

OLD = Agency(id=AgencyId("gss:E10000027"), name="Somerset County Council", kind=AgencyKind.COUNCIL)
NEW = Agency(id=AgencyId("gss:E06000066"), name="Somerset Council", kind=AgencyKind.COUNCIL)
ADMINISTRATORS = Agency(
    id=AgencyId("unit:rosewood-administrators"),
    name="Pell and Hart LLP, administrators of Rosewood Care Ltd",
    kind=AgencyKind.PROVIDER,
)
MERGED = is_a(OLD.id, Role.PLACING_AUTHORITY)
WAITS = is_a(SURREY, Role.PLACING_AUTHORITY)
SILENT = is_a(HAMPSHIRE, Role.PLACING_AUTHORITY)
PLACING = (MERGED, WAITS, SILENT)
TOLD_OF_THE_END = {THE_CQC, THE_HOST, THE_ICB, THE_PROVIDER, CONTRACTS, *PLACING}


def desk(agency: Agency, role: Role, address: str) -> Contact:
    return Contact(
        id=ContactId(address.partition("@")[2].replace(".", "-")),
        agency=agency.id,
        roles=frozenset({role}),
        name="Adults desk",
        address=address,
    )


OLD_DESK = desk(OLD, Role.PLACING_AUTHORITY, "adults@somerset-county.example")
NEW_DESK = desk(NEW, Role.PLACING_AUTHORITY, "adults@somerset-council.example")
THEIR_DESK = desk(ADMINISTRATORS, Role.PROVIDER, "rosewood@pell-hart.example")


async def begins(play: Play) -> None:
    """Three councils have placed adults; all are told, Somerset at its own desk."""
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared",
        placements=[placed(OLD.id, "SOM-1"), placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")],
        complete=True,
    )
    assert {m.to for m in mails_to(await play.sent(), MERGED)} == {OLD_DESK.address}


async def time_passes(play: Play) -> None:
    """Somerset is merged; the provider is struck off, and administrators answer for it."""
    register = play.scene.register
    provider = play.scene.tools.directory.agency(AgencyId(ROSEWOOD))
    assert provider is not None
    await register.put_agencies([NEW, replace(OLD, successor=NEW.id), ADMINISTRATORS])
    await register.put_agencies([replace(provider, successor=ADMINISTRATORS.id)])
    await register.put_contact(NEW_DESK)
    await register.put_contact(THEIR_DESK)


async def holds(play: Play) -> None:
    """Themes are held from Surrey: one of its adults would be recognised."""
    await play.says(
        "hold.placed",
        hold_id="family-1",
        kind="H3",
        party=SURREY,
        role="placing authority",
        classes=["themes"],
        placed_by=person("Lead Enquiry Officer"),
        reason="one adult would be recognised, and is afraid of a relative there",
        review_due=(play.scene.clock.now() + timedelta(days=90)).isoformat(),
        conditions_for_release="when the adult has moved",
    )


async def leaves_it_held(play: Play) -> None:
    """Whoever placed the hold leaves it, with a reason; it is no release."""
    await draws_to_its_end(
        play,
        holds_closed=[
            {
                "hold_id": "family-1",
                "reason": "the adult is still afraid, and needs nothing of Surrey",
                "by": person("Lead Enquiry Officer"),
            }
        ],
    )


async def test_S14_M004_what_is_for_those_who_are_gone_goes_to_whoever_answers_for_them() -> None:
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await time_passes(play)
        await draws_to_its_end(play)
        await play.sent()

        end = await is_authorised(play)

        assert {p for p, notice in end.told().items() if notice == "closure-notice"} >= (
            TOLD_OF_THE_END
        )
        letters = await play.sent()
        assert [m.to for m in mails_to(letters, MERGED)] == [NEW_DESK.address]
        assert [m.to for m in mails_to(letters, THE_PROVIDER)] == [THEIR_DESK.address]
        everywhere = {m.to for m in letters}
        assert OLD_DESK.address not in everywhere
        theirs = {c.address for c in play.scene.tools.directory.contacts if c.agency == ROSEWOOD}
        assert theirs
        assert not theirs & everywhere


async def test_S14_M100_the_chair_cannot_authorise_while_a_hold_is_neither_released_nor_closed() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await holds(play)
        await draws_to_its_end(play)

        refused = await is_authorised(play, became=Became.WAITING)

        assert refused.decisions == ()
        assert "neither released nor closed with a reason: `family-1` (H3)" in refused.took.why
        assert not [m for m in await play.sent() if m.notice == "closure-notice"]
        assert (None, "The Chair has not authorised closure") in await missing(play)


async def test_S14_M100_its_release_lets_the_end_go_on_and_everything_is_told() -> None:
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await holds(play)
        await draws_to_its_end(play)
        await is_authorised(play, became=Became.WAITING)

        await play.says(
            "hold.released",
            hold_id="family-1",
            released_by=person("Lead Enquiry Officer"),
            authority=HOST,
            reason="the adult has moved",
        )

        record = await play.record()
        assert record.waiting == ()
        assert record.concern.closure_authorised is not None
        letters = await play.sent()
        ends = {m.party for m in letters if m.notice == "closure-notice"}
        assert ends >= TOLD_OF_THE_END
        classes = {
            n.notice.party: n.notice.classes
            for n in record.notices
            if n.notice.template == "closure-notice"
        }
        assert classes[WAITS] == classes[SILENT] >= {InfoClass.PROCESS, InfoClass.THEMES}
        await everybody_acknowledges(play)
        assert await missing(play) == set()


async def test_S14_M100_closed_with_a_reason_it_stays_held_and_is_a_gap_by_name() -> None:
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await holds(play)
        await leaves_it_held(play)

        end = await is_authorised(play)

        assert end.told()[WAITS] == "closure-notice"
        assert [(h.info, h.kind) for h in end.held()[WAITS]] == [(InfoClass.THEMES, HoldKind.H3)]
        await play.sent()
        await everybody_acknowledges(play)
        assert await missing(play) == {(WAITS, "still held from it: themes")}


async def test_S14_M102_no_gap_is_confirmed_over_without_a_reason_and_the_register_of_gaps_is_kept() -> (  # noqa: E501  # the row in its own words
    None
):
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await holds(play)
        await leaves_it_held(play)
        await is_authorised(play)
        await play.sent()
        await everybody_acknowledges(play, but=(SILENT,))
        gaps = await missing(play)
        assert {party for party, _ in gaps} == {WAITS, SILENT}
        held = Waiver(party=WAITS, reason="its owner leaves it held: see `family-1`", name="R Hale")
        mute = Waiver(party=SILENT, reason=" ", name="R Hale")

        unreasoned = await confirms(play, held, mute)

        assert isinstance(unreasoned, NotYet)
        assert (SILENT, "its waiver gives no reason") in {
            (g.party, g.says) for g in unreasoned.gaps
        }
        assert await log_of(play, "closure.attested") == []

        spoken = replace(mute, reason="its duty officer said by phone that it has read it")
        done = await confirms(play, held, spoken)

        assert isinstance(done, Attested), done
        assert done.attestation.waivers == (held, spoken)
        assert {p for p, _ in done.attestation.reached} >= TOLD_OF_THE_END
        (leaf,) = await log_of(play, "closure.attested")
        assert '"waivers":2' in leaf


async def test_S14_M102_the_signed_pack_holds_the_register_of_gaps_and_what_went_to_whom() -> None:
    async with a_play([OLD, OLD_DESK]) as play:
        await begins(play)
        await time_passes(play)
        await holds(play)
        await leaves_it_held(play)
        await is_authorised(play)
        letters = await play.sent()
        await everybody_acknowledges(play, but=(SILENT,))

        pack = await is_packed(
            play,
            Waiver(party=WAITS, reason="its owner leaves it held: see `family-1`", name="R Hale"),
            Waiver(party=SILENT, reason="its duty officer rang", name="R Hale"),
        )

        silent, waits, merged = (pack.party(each) for each in (SILENT, WAITS, MERGED))
        assert waits["missing"] == ["still held from it: themes"]
        assert waits["held"] == ["themes"]
        assert "it must be acknowledged" in silent["missing"][0]
        assert silent["waivers"] == [{"reason": "its duty officer rang", "name": "R Hale"}]
        (end,) = [n for n in merged["notices"] if n["notice"] == "closure-notice"]
        (sent,) = [d for d in end["deliveries"] if d["channel"] == "email"]
        (letter,) = [m for m in mails_to(letters, MERGED) if m.notice == "closure-notice"]
        assert pack.files[sent["file"]] == letter.carried.delivery.body
        assert NEW_DESK.address.encode() in pack.files[sent["file"]]
        receipts = pack.files[end["receipts"]].decode()
        assert "Sam Okoro" in receipts
        assert "the code was typed" in receipts
