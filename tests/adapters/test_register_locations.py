"""The register's contract: imported locations and their providers, beside what people entered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

from hub.adapters.register.sql import SqlRegister
from hub.cqc.location import Location, LocationId
from hub.directory import Agency, Directory
from hub.vocabulary import AgencyId, AgencyKind, ContactId
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import directory

ROSEWOOD = Agency(
    id=AgencyId("cqc:1-1000000001"), name="Rosewood Care Ltd", kind=AgencyKind.PROVIDER
)
HOUSE = Location(
    id=LocationId("1-2000000001"),
    name="Rosewood House",
    provider=ROSEWOOD.id,
    provider_name=ROSEWOOD.name,
    postcode="RH19 1AA",
    services=("Care home service with nursing", "Domiciliary care service"),
    region="South East",
    authority="West Sussex",
    host=AgencyId("gss:E10000032"),
    ods_code="VRW01",
    registered=date(2010, 10, 1),
    dormant=False,
    ended=date(2026, 3, 31),
    linked=(LocationId("1-2000000002"),),
    primary=LocationId("1-2000000001"),
)
LODGE = Location(
    id=LocationId("1-2000000000"),
    name="Rosewood Lodge",
    provider=ROSEWOOD.id,
    provider_name=ROSEWOOD.name,
)


async def test_locations_are_read_as_they_were_written_by_their_ids(register: SqlRegister) -> None:
    assert await register.locations() == ()

    await register.put_locations([HOUSE, LODGE])

    assert await register.locations() == (LODGE, HOUSE)
    rows = await look(
        register, "SELECT id, agency_id, host_authority, version FROM location ORDER BY id"
    )
    assert rows == [
        ("1-2000000000", "cqc:1-1000000001", None, 1),
        ("1-2000000001", "cqc:1-1000000001", "gss:E10000032", 1),
    ]


async def test_a_location_is_corrected_and_counts_its_versions(register: SqlRegister) -> None:
    await register.put_locations([HOUSE, LODGE])
    moved = replace(HOUSE, provider=AgencyId("cqc:1-1000000009"), host=None)

    await register.put_locations([moved])
    await register.put_locations([])

    assert await register.locations() == (LODGE, moved)
    rows = await look(register, "SELECT agency_id, host_authority, version FROM location")
    assert ("cqc:1-1000000009", None, 2) in rows


async def test_many_locations_go_in_at_once(register: SqlRegister) -> None:
    many = [replace(LODGE, id=LocationId(f"1-{3_000_000_000 + n}")) for n in range(2_500)]

    await register.put_locations(many[::-1])

    assert await register.locations() == tuple(many)


async def test_B05_agencies_are_corrected_in_the_live_directory_and_every_version_is_kept(
    register: SqlRegister,
) -> None:
    seeded = directory()
    await register.seed(seeded)
    await register.seed(Directory(agencies=(ROSEWOOD,)))
    renamed = replace(ROSEWOOD, name="Rosewood Homes Ltd")

    await register.put_agencies([renamed])

    found = await register.directory()
    assert found.agency(ROSEWOOD.id) == renamed
    assert (found.contacts, found.endpoints) == (seeded.contacts, seeded.endpoints)
    versions = await look(
        register,
        "SELECT version FROM directory_history WHERE id = 'cqc:1-1000000001' ORDER BY seq",
    )
    assert versions == [(1,), (2,)]


async def test_B05_a_corrected_mailbox_is_seen_without_reading_every_agency_again(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    before = await register.directory()
    corrected = replace(before.contacts[0], address="new-duty@surrey.example")

    await register.put_contact(corrected)
    after = await register.directory()
    await register.put_agencies([ROSEWOOD])
    last = await register.directory()

    assert after.contacts == (corrected,)
    assert after.agencies is before.agencies
    assert last.agency(ROSEWOOD.id) == ROSEWOOD
    assert last.contacts is after.contacts


async def test_B05_versions_of_the_directory_commit_in_the_order_of_their_numbers(
    postgres_registers: Registers,
) -> None:
    first, second, reader = [await postgres_registers.open() for _ in range(3)]
    await first.seed(directory())
    contact = replace((await reader.directory()).contacts[0], address="late@surrey.example")
    other = replace(contact, id=ContactId("surrey-other"), address="soon@surrey.example")

    async with asyncio.timeout(30):
        async with first._database.writing("by hand") as wire:
            await first._agencies.put(wire, contact, await first._database.now(wire))
            waits = asyncio.create_task(second.put_contact(other))
            # Its number would be the newer one, and the reader would never look for the older.
            while not await look(reader, _WAITING):
                assert not waits.done()
            assert (await reader.directory()).contact(other.id) is None
        await waits

    found = await reader.directory()
    assert found.contact(contact.id) == contact
    assert found.contact(other.id) == other


_WAITING = """
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
