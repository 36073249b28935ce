"""S6: home care run from an office in Hove; people were harmed in the areas of three councils."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.concern import Party
from hub.directory import Agency, Contact
from hub.vocabulary import (
    AgencyId,
    AgencyKind,
    ContactId,
    InfoClass,
    ObligationKind,
    Role,
)
from tests.flow.scenarios.stage import (
    CONTRACTS,
    HEAD,
    HOST,
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
)

BRIGHTON: Final = "gss:E06000043"
EAST_SUSSEX: Final = "gss:E10000011"
IN_HOVE: Final = is_a(BRIGHTON, Role.OTHER_HOST)
IN_THE_EAST: Final = is_a(EAST_SUSSEX, Role.OTHER_HOST)
THEIRS: Final = {IN_HOVE: "BHCC-31", IN_THE_EAST: "ESCC-52"}
OWN: Final = {InfoClass.PROCESS, InfoClass.THEMES, InfoClass.PLACED_ADULT}
SERVICE: Final = {
    "provider": THE_PROVIDER.agency,
    "provider_name": "Rosewood Care Ltd",
    "location_name": "Rosewood Home Care, Hove office",
    "postcode": "BN3 1AA",
}
ITEM: Final = "R-1"
TUESDAY_EVENING: Final = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)
THURSDAY_EVENING: Final = datetime(2026, 12, 3, 17, 0, tzinfo=UTC)


def neighbours() -> list[Agency | Contact]:
    """Return the two other hosts and a mailbox of each, for the directory."""
    names = {BRIGHTON: ("Brighton and Hove City Council", "brighton")}
    names |= {EAST_SUSSEX: ("East Sussex County Council", "eastsussex")}
    roles = frozenset({Role.OTHER_HOST, Role.PARTICIPANT, Role.PLACING_AUTHORITY})
    found: list[Agency | Contact] = []
    for code, (name, short) in names.items():
        found.append(Agency(id=AgencyId(code), name=name, kind=AgencyKind.COUNCIL))
        found.append(
            Contact(
                id=ContactId(f"{short}-desk"),
                agency=AgencyId(code),
                roles=roles,
                name="Safeguarding adults team",
                address=f"adults@{short}.example",
            )
        )
    return found


async def opened(play: Play) -> Heard:
    return await play.opens(service=SERVICE)


async def harm_in(play: Play, host: Party, coordination: str = "agreed") -> Heard:
    """Somebody was harmed in another council's area as well."""
    return await play.says(
        "host.other.named",
        authority=host.agency,
        where_harm_was="missed visits at home",
        adults=[THEIRS[host]],
        coordination=coordination,
    )


async def word(play: Play, agency: str, other: str, word: str) -> Heard:
    """One side's word on who co-ordinates."""
    return await play.says(
        "responsibility.agreed",
        item=ITEM,
        responsibility="West Sussex co-ordinates the enquiry for all three",
        agency=agency,
        other=other,
        word=word,
        said_by=person("Head of Safeguarding", "Helen Marsh"),
    )


async def test_S6_M008_three_hosts_each_told_of_their_own_people_and_one_co_ordinates() -> None:
    async with a_play(neighbours()) as play:
        first = await opened(play)
        heard = {host: await harm_in(play, host) for host in THEIRS}

        assert set(first.told()) == {THE_CQC, THE_HOST, THE_ICB, CONTRACTS, THE_POLICE}
        for host in THEIRS:
            assert heard[host].told() == {host: "other-host-named"}
            assert heard[host].classes(host) == OWN
        letters = await play.sent()
        for host, own in THEIRS.items():
            (letter,) = mails_to(letters, host)
            (other,) = set(THEIRS.values()) - {own}
            assert own in letter.text
            assert other not in letter.raw
            assert "you are a host beside us, and we co-ordinate" in " ".join(letter.text.split())
        concern = (await play.record()).concern
        hosts = [party for party in concern.parties() if party.role is Role.HOST_AUTHORITY]
        assert hosts == [THE_HOST]
        assert not await play.owes(ObligationKind.AGREE_RESPONSIBILITY)


async def test_S6_M008_the_people_of_other_hosts_are_told_to_nobody_else() -> None:
    async with a_play(neighbours()) as play:
        await opened(play)
        for host in THEIRS:
            await harm_in(play, host)
        await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")

        letters = await play.sent()

        outsiders = [x for x in letters if x.party not in {*THEIRS, THE_HOST}]
        assert {THE_CQC, THE_PROVIDER, THE_POLICE} <= {letter.party for letter in outsiders}
        for letter in outsiders:
            assert not [number for number in THEIRS.values() if number in letter.raw]


async def test_S6_M008_until_they_agree_who_co_ordinates_it_is_owed_and_notices_go_at_once() -> (
    None
):
    async with a_play(neighbours()) as play:
        await opened(play)
        named = await harm_in(play, IN_HOVE, "not agreed")

        assert named.told() == {IN_HOVE: "other-host-named"}
        (letter,) = mails_to(await play.sent(), IN_HOVE)
        assert "If you do not agree that we co-ordinate, say so; act meanwhile" in " ".join(
            letter.text.split()
        )
        (owed,) = await play.owes(ObligationKind.AGREE_RESPONSIBILITY)
        assert owed.party == THE_HOST

        await harm_in(play, IN_HOVE, "agreed")

        assert not await play.owes(ObligationKind.AGREE_RESPONSIBILITY)


async def test_S6_N045_a_disagreement_stops_no_notice_and_climbs_after_one_and_two_days() -> None:
    async with a_play(neighbours()) as play:
        await opened(play)
        for host in THEIRS:
            await harm_in(play, host, "not agreed")

        raised = await disagreement(play)

        said = "disagreement-raised"
        assert raised.told() == {THE_HOST: said, IN_HOVE: said, IN_THE_EAST: said}
        for letter in mails_to(await play.sent(), IN_HOVE):
            if letter.notice == said:
                text = " ".join(letter.text.split())
                assert "kept safe so: each council visits its own people tonight" in text
                assert "a disagreement never delays safeguarding" in text
        (owed,) = await play.owes(ObligationKind.RESOLVE_DISAGREEMENT)
        assert (owed.party, owed.due) == (THE_HOST, TUESDAY_EVENING)
        assert await play.owes(ObligationKind.INTERIM_PROTECTION)

        told = await play.says("themes.agreed", **THEMES)
        assert set(told.told()) == {THE_CQC, THE_HOST, THE_ICB, CONTRACTS}

        higher = await play.says(
            "disagreement.escalated", disagreement="D-1", reason="not settled within the day"
        )

        assert higher.told() == {HEAD: "disagreement-escalated", THE_HOST: "disagreement-escalated"}
        assert not await play.owes(ObligationKind.RESOLVE_DISAGREEMENT)
        (owed,) = await play.owes(ObligationKind.RESOLVE_ESCALATED)
        assert (owed.party, owed.due) == (HEAD, THURSDAY_EVENING)


async def test_S6_M029_the_agreement_stands_once_both_sides_have_given_their_word() -> None:
    async with a_play(neighbours()) as play:
        await opened(play)
        await harm_in(play, IN_HOVE)

        proposed = await word(play, HOST, BRIGHTON, "proposes")

        assert proposed.told() == {
            THE_HOST: "responsibility-proposed",
            IN_HOVE: "responsibility-proposed",
        }
        (owed,) = await play.owes(ObligationKind.AGREE_RESPONSIBILITY)
        assert owed.party == IN_HOVE

        agreed = await word(play, BRIGHTON, HOST, "agrees")

        assert set(agreed.told()) == {THE_HOST, IN_HOVE}
        assert set(agreed.told().values()) == {"responsibility-agreed"}
        assert not await play.owes(ObligationKind.AGREE_RESPONSIBILITY)
        on_record = [
            (said.data.model_dump()["agency"], said.data.model_dump()["word"])
            for said in (await play.record()).concern.said
            if said.data.wire == "responsibility.agreed"
        ]
        assert on_record == [(HOST, "proposes"), (BRIGHTON, "agrees")]


THEMES: Final[dict[str, Any]] = {
    "themes": [{"question": "safe", "theme": "missed visits"}],
    "risk_level": "high",
}


async def disagreement(play: Play) -> Heard:
    assert play.scene.clock.now() < TUESDAY_EVENING - timedelta(days=1)
    return await play.says(
        "disagreement.raised",
        disagreement="D-1",
        between=[HOST, BRIGHTON, EAST_SUSSEX],
        subject="who co-ordinates",
        interim_action="each council visits its own people tonight",
    )
