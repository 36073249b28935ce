"""S5: thirty authorities have placed adults in one home, and nine of them are found late."""

from __future__ import annotations

import email
from datetime import timedelta
from email.policy import default as modern
from typing import Any, Final

from hub.adapters.catcher import MailCatcher
from hub.adapters.smtp import SmtpCarrier
from hub.closure import all_notified
from hub.concern import Party
from hub.decision import OccasionKind
from hub.directory import Agency, Contact
from hub.vocabulary import (
    AgencyId,
    Channel,
    HoldKind,
    InfoClass,
    Lane,
    ObligationKind,
    Role,
    Rung,
)
from tests.core.packs import directory
from tests.core.placing import (
    BOARDS,
    COUNCILS,
    SCOTTISH,
    THIRTY,
    WELSH,
    as_party,
    contact,
    line,
    number_of,
    with_thirty,
)
from tests.flow.scenarios.ending import acknowledge, attested, closes, reviewed
from tests.flow.scenarios.stage import (
    HOST,
    THE_HOST,
    Heard,
    Letter,
    Play,
    a_play,
    mails_to,
    person,
    placed,
)

EARLY: Final = THIRTY[:21]
LATE: Final = THIRTY[21:]
OWN: Final = {InfoClass.PROCESS, InfoClass.THEMES, InfoClass.PLACED_ADULT}
MEANWHILE: Final = ["lead-agency-set", "stage-changed", "meeting-scheduled", "themes-agreed"]
"""What happened while nine of them were not known: each tells every placing authority."""
SHORT: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})
DUMFRIES: Final = SCOTTISH[1]


def known(*more: Contact) -> list[Agency | Contact]:
    """Return what the directory needs so that each of the thirty has a mailbox."""
    before, after = directory(), with_thirty(directory())
    agencies = [a for a in after.agencies if before.agency(a.id) is None]
    contacts = [c for c in after.contacts if before.contact(c.id) is None]
    return [*agencies, *contacts, *more]


async def declared(play: Play) -> Heard:
    """The provider's list names twenty-one of them; somebody pays for nine places more."""
    return await play.says(
        "placement.register.declared",
        placements=[*(line(code) for code in EARLY), *(placed(None) for _ in LATE)],
        self_funders=0,
        complete=True,
    )


async def goes_on(play: Play) -> list[Heard]:
    """Four things happen of which every placing authority is told."""
    now = play.scene.clock.now()
    stage: dict[str, Any] = {"from_stage": "decision to initiate", "to_stage": "initial meeting"}
    heard = [await play.says("lead.agency.set", agency=HOST, kind="la")]
    await play.says("chair.appointed", chair=person("Chair", "Robin Hale"), agency=HOST)
    heard.append(await play.says("stage.changed", **stage, changed_at=now.isoformat()))
    heard.append(
        await play.says(
            "meeting.scheduled",
            kind="findings",
            starts_at=(now + timedelta(days=5)).isoformat(),
            place="County Hall",
        )
    )
    themes = [{"question": "well-led", "theme": "leadership"}]
    heard.append(await play.says("themes.agreed", themes=themes, risk_level="critical"))
    return heard


async def found(play: Play, *codes: str) -> Heard:
    return await play.says(
        "placement.register.amended",
        added=[line(code) for code in codes],
        unknown_resolved=len(codes),
        reason="found in the ICBs' records",
    )


def placing(heard: Heard, kind: OccasionKind = OccasionKind.EVENT) -> dict[Party, str]:
    """Return who of those that placed adults is told, and by which notice."""
    roles = {Role.PLACING_AUTHORITY, Role.PLACING_ICB}
    return {p: notice for p, notice in heard.told(kind).items() if p.role in roles}


def never_in_anothers(letters: list[Letter]) -> None:
    """Look at all bytes of every mail: no other authority, no adult of another."""
    everywhere = {letter.to: letter.party for letter in letters if letter.party.agency in THIRTY}
    for letter in letters:
        others = [t for t, p in everywhere.items() if p.agency != letter.party.agency]
        assert not [to for to in others if to in letter.raw], letter.party
        numbers = [number_of(code) for code in THIRTY if code != letter.party.agency]
        assert not [number for number in numbers if number in letter.raw], letter.party


def test_S5_they_are_twenty_six_councils_of_three_nations_and_four_boards() -> None:
    assert (len(COUNCILS), len(BOARDS), len(THIRTY)) == (26, 4, 30)
    assert {code[4] for code in COUNCILS} == {"E", "W", "S"}
    assert len(LATE) == 9


async def test_S5_M004_M025_twenty_one_are_told_each_alone_and_nine_funders_are_looked_for() -> (
    None
):
    async with a_play(known()) as play:
        await play.opens()
        heard = await declared(play)

        assert placing(heard) == {as_party(c): "placing-authority-alert" for c in EARLY}
        for code in EARLY:
            assert heard.classes(as_party(code)) == OWN
        (search,) = await play.owes(ObligationKind.FIND_FUNDER)
        assert search.party == THE_HOST
        assert search.due - play.scene.clock.now() <= timedelta(hours=24)
        record = await play.record()
        stands = all_notified(record.concern, record.standing.history)
        assert (
            str(stands)
            == "A notice is prepared for 21 of 30 who placed adults here; 9 not known yet"
        )
        never_in_anothers(await play.sent())


async def test_S5_M026_nine_found_late_get_what_they_missed_in_order_and_marked_late() -> None:
    async with a_play(known()) as play:
        await play.opens()
        await declared(play)
        for heard, notice in zip(await goes_on(play), MEANWHILE, strict=True):
            assert placing(heard) == {as_party(code): notice for code in EARLY}
        await play.sent()

        late = await found(play, *LATE)

        assert placing(late) == {as_party(code): "placing-authority-alert" for code in LATE}
        letters = await play.sent()
        adults = {Party(agency=AgencyId(code), role=Role.ADULTS) for code in LATE}
        assert {letter.party for letter in letters} - adults == {as_party(c) for c in LATE}
        record = await play.record()
        for code in LATE:
            party = as_party(code)
            mine = [n.notice for n in record.notices if n.notice.party == party]
            assert [n.template for n in mine] == ["placing-authority-alert", *MEANWHILE]
            first, *missed = mails_to(letters, party)
            assert number_of(code) in first.text
            assert "This notice is late" not in first.text
            assert sorted(letter.notice for letter in missed) == sorted(MEANWHILE)
            for letter in missed:
                assert "This notice is late: it tells you what others were told" in letter.text
        never_in_anothers(letters)
        stands = all_notified(record.concern, record.standing.history)
        assert (len(stands.told), stands.untold, stands.unknown) == (30, (), 0)
        assert not await play.owes(ObligationKind.FIND_FUNDER)


async def test_S5_M026_who_regulates_is_said_to_whoever_has_another_regulator_at_home() -> None:
    async with a_play(known()) as play:
        await play.opens()
        await play.says(
            "placement.register.declared",
            placements=[line(code) for code in THIRTY],
            self_funders=0,
            complete=True,
        )
        letters = await play.sent()

        abroad = {
            **dict.fromkeys(WELSH, "regulates it, not Care Inspectorate Wales."),
            **dict.fromkeys(SCOTTISH, "regulates it, not Care Inspectorate."),
        }
        for code in THIRTY:
            (letter,) = mails_to(letters, as_party(code))
            said = " ".join(letter.text.split())
            assert ("Care Quality Commission regulates it" in said) is (code in abroad)
            assert abroad.get(code, "") in said


async def test_S5_H7_a_scottish_authority_without_an_accredited_mailbox_is_told_by_another() -> (
    None
):
    accredited = contact(DUMFRIES, 1)
    async with a_play(known(contact(DUMFRIES, accredited=SHORT), accredited)) as play:
        await play.opens()
        await declared(play)

        late = await found(play, *LATE)

        party = as_party(DUMFRIES)
        assert party not in late.held()
        (letter,) = mails_to(await play.sent(), party)
        assert letter.to == accredited.address
        assert number_of(DUMFRIES) in letter.text


async def test_S5_H7_where_no_channel_is_accredited_its_adults_are_held_and_another_is_owed() -> (
    None
):
    async with a_play(known(contact(DUMFRIES, accredited=SHORT))) as play:
        await play.opens()
        await declared(play)

        late = await found(play, *LATE)

        party = as_party(DUMFRIES)
        assert [(h.info, h.kind) for h in late.held()[party]] == [
            (InfoClass.PLACED_ADULT, HoldKind.H7)
        ]
        assert late.classes(party) == {InfoClass.PROCESS, InfoClass.THEMES}
        (letter,) = mails_to(await play.sent(), party)
        assert number_of(DUMFRIES) not in letter.raw
        (owed,) = await play.owes(ObligationKind.REPLACE_CONTACT)
        assert owed.party == THE_HOST
        assert DUMFRIES in owed.says

        await play.scene.register.put_contact(contact(DUMFRIES, 1))
        await play.says("lead.agency.set", agency=HOST, kind="la")

        assert not await play.owes(ObligationKind.REPLACE_CONTACT)
        texts = [letter.text for letter in mails_to(await play.sent(), party)]
        assert any(number_of(DUMFRIES) in text for text in texts)


async def test_S5_M101_M102_thirty_of_thirty_acknowledge_the_end_and_it_is_confirmed() -> None:
    async with a_play(known()) as play:
        await play.opens()
        await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
        await declared(play)
        await found(play, *LATE)
        await play.sent()
        end = await closes(play)
        assert placing(end) == {as_party(code): "closure-notice" for code in THIRTY}
        letters = [x for x in await play.sent() if x.notice == "closure-notice"]
        never_in_anothers(letters)

        last = as_party(LATE[-1])
        everybody = {letter.party for letter in letters}
        await acknowledge(play, "closure-notice", *(everybody - {last}))
        missing = await reviewed(play)

        assert {gap.party for gap in missing.gaps} == {last}
        await acknowledge(play, "closure-notice", last)
        await attested(play)
        record = await play.record()
        assert record.attestation is not None
        reached = {p: r.rung for p, r in record.attestation.reached if p.agency in THIRTY}
        mine = {p: rung for p, rung in reached.items() if p in {as_party(c) for c in THIRTY}}
        assert mine == {as_party(code): Rung.ACKNOWLEDGED for code in THIRTY}


async def test_S5_on_the_wire_each_mail_has_one_recipient_and_names_no_other() -> None:
    catcher = MailCatcher()
    await catcher.start()
    try:
        async with a_play(known()) as play:
            await play.opens()
            await declared(play)
            await found(play, *LATE)

            await carried_for_real(play, catcher)

            desks = {contact.address for contact in known() if isinstance(contact, Contact)}
            desks |= {"placements@westsussex.example"}
        assert len(catcher.mails) > len(THIRTY)
        seen = set()
        for caught in catcher.mails:
            (to,) = caught.recipients
            seen.add(to)
            others = [desk for desk in desks - {to} if desk.encode() in caught.content]
            assert others == []
            mail = email.message_from_bytes(caught.content, policy=modern)
            assert [a.addr_spec for a in mail["To"].addresses] == [to]
            assert mail["Cc"] is mail["Bcc"] is None
        new = [c for c in known() if isinstance(c, Contact)]
        assert {c.address for c in new} <= seen
    finally:
        await catcher.stop()


async def carried_for_real(play: Play, catcher: MailCatcher) -> None:
    """Hand all that is due to a real mail server, over a real connection."""
    register = play.scene.register
    carrier = SmtpCarrier(catcher.url, domain="hub.example", key=b"v" * 32, clock=play.scene.clock)
    try:
        for lane in Lane:
            leased = await register.lease(
                lane, limit=500, lease_for=timedelta(minutes=5), worker="real"
            )
            for one in leased:
                if one.delivery.channel is not Channel.EMAIL:
                    continue
                outcome = await carrier.carry(one, await register.directory())
                assert getattr(outcome, "rung", None) is Rung.SUBMITTED, outcome
    finally:
        await carrier.close()
