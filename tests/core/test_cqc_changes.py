"""What an import changes: nothing twice, nothing of people's, and nothing is ever taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hub.cqc.changes import Changes, compare
from hub.cqc.councils import english_councils
from hub.cqc.headings import Sheet
from hub.cqc.location import Location, LocationId
from hub.cqc.read import read_directory
from hub.directory import Agency, Directory
from hub.vocabulary import AgencyId, AgencyKind
from tests.care_directory import (
    DEACTIVATED,
    DUAL,
    PREAMBLE,
    WEEKLY,
    deactivated,
    linked,
    monthly,
    sheet,
    table,
    weekly,
)
from tests.core.test_cqc_read import Row, active

ROSEWOOD = AgencyId("cqc:1-1000000001")
HOUSE = LocationId("1-2000000001")


class World:
    """What is known, and each file's changes put into it as the command does."""

    def __init__(self, *agencies: Agency) -> None:
        self.agencies = {agency.id: agency for agency in agencies}
        self.known: dict[LocationId, Location] = {}

    def take(self, *sheets: Sheet) -> Changes:
        reading = read_directory(sheets, english_councils())
        directory = Directory(agencies=tuple(self.agencies.values()))
        changes = compare(reading, self.known, directory)
        for agency in (*changes.new_agencies, *changes.corrected_agencies):
            self.agencies[agency.id] = agency
        self.known |= {each.id: each for each in (*changes.new, *changes.changed)}
        return changes


def of_week(*rows: Row) -> Sheet:
    return sheet("weekly.csv", [*PREAMBLE, *table(WEEKLY, rows)])


def of_ended(*rows: Row) -> Sheet:
    return sheet("Deactivated", table(DEACTIVATED, rows))


def test_a_new_provider_is_an_agency_of_its_kind() -> None:
    changes = World().take(active(monthly(1), monthly(2)))

    provider = Agency(id=ROSEWOOD, name="Rosewood Care Ltd", kind=AgencyKind.PROVIDER)
    assert changes.new_agencies == (provider,)
    assert [each.id for each in changes.new] == [HOUSE, "1-2000000002"]
    assert not changes.nothing


def test_the_same_file_twice_changes_nothing() -> None:
    world = World()
    links = table(DUAL, [linked(1, 2)])
    for expected in (False, True, True):
        changes = world.take(active(monthly(1), monthly(2)), sheet("Dual", links))

        assert changes.nothing is expected

    assert changes.same == 2


def test_what_people_entered_of_a_provider_is_left_and_a_differing_name_reported() -> None:
    entered = Agency(
        id=ROSEWOOD,
        name="Rosewood (the group)",
        kind=AgencyKind.PROVIDER,
        out_of_hours_phone="01632 960003",
        mail_domains=("rosewood.example",),
    )
    world = World(entered)

    changes = world.take(active(monthly()))

    assert world.agencies[ROSEWOOD] == entered
    (left,) = changes.left_alone
    assert (left.id, "Rosewood (the group)" in left.says) == (ROSEWOOD, True)
    assert not changes.new_agencies
    assert not changes.corrected_agencies


def test_a_provider_that_cqc_renames_is_renamed_with_all_else_kept() -> None:
    world = World()
    world.take(active(monthly()))
    world.agencies[ROSEWOOD] = replace(world.agencies[ROSEWOOD], out_of_hours_phone="01632 960003")

    changes = world.take(active(monthly(Provider_Name="Rosewood Homes Ltd")))

    assert changes.corrected_agencies == (
        Agency(
            id=ROSEWOOD,
            name="Rosewood Homes Ltd",
            kind=AgencyKind.PROVIDER,
            out_of_hours_phone="01632 960003",
        ),
    )


def test_an_agency_without_a_kind_is_said_to_be_a_provider_and_another_kind_is_left() -> None:
    council = Agency(id=ROSEWOOD, name="Rosewood Care Ltd", kind=AgencyKind.COUNCIL)
    unsaid, other = World(replace(council, kind=None)), World(council)

    said, left = unsaid.take(active(monthly())), other.take(active(monthly()))

    assert [agency.kind for agency in said.corrected_agencies] == [AgencyKind.PROVIDER]
    assert not left.corrected_agencies
    assert "council" in left.left_alone[0].says


def test_a_provider_that_a_newer_file_does_not_name_is_reported_and_stays() -> None:
    world = World()
    other = monthly(2, Provider_ID="1-1000000009", Provider_Name="Another Care Ltd")
    world.take(active(monthly(1), other))

    changes = world.take(active(other))

    (missing,) = changes.missing
    assert (missing.id, missing.name, missing.locations) == (ROSEWOOD, "Rosewood Care Ltd", 1)
    assert changes.missing_locations == (HOUSE,)
    assert changes.nothing
    assert HOUSE in world.known
    assert ROSEWOOD in world.agencies


def test_a_provider_whose_row_has_a_fault_is_not_missing() -> None:
    world = World()
    world.take(active(monthly()))

    changes = world.take(active(monthly(Location_Postal_Code="?")))

    assert not changes.missing
    assert not changes.missing_locations


def test_a_deregistered_location_is_marked_and_is_missing_from_nothing_after() -> None:
    world = World()
    world.take(active(monthly(1), monthly(2)))

    marked = world.take(of_ended(deactivated(1)))
    later = world.take(active(monthly(2)))

    assert marked.newly_ended == (HOUSE,)
    assert not marked.ended_providers
    assert not marked.missing
    assert world.known[HOUSE].ended == date(2026, 3, 31)
    assert world.known[HOUSE].services == ("Care home service with nursing",)
    assert not later.missing_locations


def test_a_provider_whose_last_location_ended_is_reported_once_and_stays() -> None:
    world = World()
    world.take(active(monthly(1), monthly(2)))

    first = world.take(of_ended(deactivated(1)))
    last = world.take(of_ended(deactivated(1), deactivated(2)))
    again = world.take(of_ended(deactivated(1), deactivated(2)))

    found = [changes.ended_providers for changes in (first, last, again)]
    assert found == [(), (ROSEWOOD,), ()]
    assert ROSEWOOD in world.agencies


def test_an_nhs_trust_is_not_made_a_provider_and_its_locations_are_taken() -> None:
    trust = monthly(Location_ID="RXX01", Provider_ID="RXX", Provider_Name="Made Up NHS Trust")
    entered = Agency(id=AgencyId("ods:RXX"), name="Made Up", kind=AgencyKind.NHS)
    without, beside = World(), World(entered)

    listed, known = without.take(active(trust)), beside.take(active(trust))

    assert listed.nhs_bodies == ("ods:RXX",)
    assert not listed.new_agencies
    assert [each.provider for each in listed.new] == ["ods:RXX"]
    assert not known.nhs_bodies
    assert not known.left_alone
    assert beside.agencies == {entered.id: entered}


def test_a_deregistered_location_that_an_older_file_lists_stays_marked_and_is_reported() -> None:
    world = World()
    world.take(active(monthly(1)))
    world.take(of_ended(deactivated(1)))

    changes = world.take(active(monthly(1)))

    assert changes.ended_but_listed == (HOUSE,)
    assert world.known[HOUSE].ended == date(2026, 3, 31)
    assert changes.nothing


def test_a_provider_that_is_only_in_the_file_of_ended_locations_is_no_new_agency() -> None:
    world = World()

    changes = world.take(of_ended(deactivated(1)))

    assert not changes.new_agencies
    assert [each.id for each in changes.new] == [HOUSE]
    assert changes.newly_ended == (HOUSE,)


def test_the_weekly_file_keeps_what_only_the_monthly_one_says() -> None:
    world = World()
    world.take(active(monthly(1)))
    before = world.known[HOUSE]

    same = world.take(of_week(weekly(1)))
    world.take(of_week(weekly(1, Name="Rosewood Lodge")))

    assert same.nothing
    assert world.known[HOUSE] == replace(before, name="Rosewood Lodge")


def test_the_monthly_file_fills_in_what_the_weekly_one_left_open() -> None:
    world = World()
    world.take(of_week(weekly(1)))

    changes = world.take(active(monthly(1)))

    (changed,) = changes.changed
    assert changed.ods_code == "VRW01"
    assert changed.services == ("Care home service with nursing",)
    assert world.take(of_week(weekly(1))).nothing


def test_links_are_kept_where_a_file_has_no_sheet_of_them() -> None:
    world = World()
    world.take(active(monthly(1), monthly(2)), sheet("Dual", table(DUAL, [linked(1, 2)])))

    changes = world.take(active(monthly(1), monthly(2)))

    assert changes.nothing
    assert world.known[HOUSE].linked == ("1-2000000002",)
