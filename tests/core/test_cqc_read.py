"""Rows that CQC publishes become locations; every fault of every row is listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cqc.councils import english_councils
from hub.cqc.headings import Cell, HeadingsDoNotFit, Sheet, said
from hub.cqc.location import Location, LocationId
from hub.cqc.read import Reading, RowFault, read_directory
from hub.vocabulary import AGENCY_ID, AgencyId
from tests.care_directory import (
    DEACTIVATED,
    DUAL,
    FILTERS,
    PREAMBLE,
    README,
    WEEKLY,
    deactivated,
    linked,
    monthly,
    sheet,
    table,
    weekly,
)

Row = Mapping[str, Cell]
ROSEWOOD = AgencyId("cqc:1-1000000001")
WEST_SUSSEX = AgencyId("gss:E10000032")


def active(*rows: Row) -> Sheet:
    return sheet("HSCA_Active_Locations", table(FILTERS, rows))


def read(*sheets: Sheet) -> Reading:
    return read_directory(sheets, english_councils())


def faults(reading: Reading) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for fault in reading.faults:
        found.setdefault(fault.row, []).append(fault.heading)
    return found


def ids(reading: Reading) -> list[str]:
    return [published.location.id for published in reading.published]


def test_a_row_of_the_monthly_file_is_a_location() -> None:
    reading = read(sheet("README", README), active(monthly()))

    assert not reading.faults
    assert reading.whole
    assert reading.rows == 1
    assert reading.forms == ("care directory with filters",)
    assert [published.location for published in reading.published] == [
        Location(
            id=LocationId("1-2000000001"),
            name="Rosewood House 1",
            provider=ROSEWOOD,
            provider_name="Rosewood Care Ltd",
            postcode="RH19 1AA",
            services=("Care home service with nursing",),
            region="South East",
            authority="West Sussex",
            host=WEST_SUSSEX,
            ods_code="VRW01",
            registered=date(2010, 10, 1),
            dormant=False,
        )
    ]


def test_a_row_of_the_weekly_file_is_a_location_after_its_preamble() -> None:
    reading = read(sheet("weekly.csv", [*PREAMBLE, *table(WEEKLY, [weekly()])]))

    (published,) = reading.published
    assert not reading.faults
    assert published.weekly
    assert published.row == 6
    assert published.location.services == ("Nursing homes", "Residential homes")
    assert published.location.host == WEST_SUSSEX
    assert published.location.dormant is None
    assert "dormant" not in published.tells
    assert "ods_code" not in published.tells


def test_the_telephone_number_and_the_manager_of_a_row_are_nowhere() -> None:
    reading = read(active(monthly()))

    assert "01632" not in repr(reading)
    assert "Nobody" not in repr(reading)


def test_headings_are_found_wherever_they_stand_and_however_they_are_capitalised() -> None:
    upper = [name.upper() for name in FILTERS]
    rows: list[list[Cell]] = [[""], ["about"], [*upper], *table(FILTERS, [monthly()])[1:]]

    reading = read(sheet("a", rows))

    assert [published.row for published in reading.published] == [4]


def test_a_file_with_headings_missing_is_refused_whole_naming_each() -> None:
    gone = {"Provider ID", "Location Local Authority", "Location Postal Code"}
    headings = [name for name in FILTERS if name not in gone]

    with pytest.raises(HeadingsDoNotFit) as refused:
        read(sheet("HSCA_Active_Locations", table(headings, [monthly()])))

    said_missing = {name for name in FILTERS if f"missing: `{name}`" in str(refused.value)}
    assert said_missing == gone


def test_a_file_without_service_types_is_refused() -> None:
    headings = [name for name in FILTERS if not name.startswith("Service type")]

    with pytest.raises(HeadingsDoNotFit, match=r"Service type - \.\.\."):
        read(sheet("a", table(headings, [monthly()])))


def test_a_file_of_something_else_is_refused_with_what_was_looked_for() -> None:
    with pytest.raises(HeadingsDoNotFit, match="`Location ID`"):
        read(sheet("a", [["name", "age"], ["x", 1.0]]))
    with pytest.raises(HeadingsDoNotFit):
        read(sheet("only links", table(DUAL, [linked(1, 2)])))


def test_a_heading_that_stands_twice_is_refused() -> None:
    with pytest.raises(HeadingsDoNotFit, match="stands twice: `Location Name`"):
        read(sheet("a", table([*FILTERS, "Location Name"], [monthly()])))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Location ID", {"Location_ID": "2-12"}),
        ("Location ID", {"Location_ID": ""}),
        ("Provider ID", {"Provider_ID": "one"}),
        ("Location Name", {"Location_Name": " "}),
        ("Location Name", {"Location_Name": "Rose\x00wood"}),
        ("Provider Name", {"Provider_Name": ""}),
        ("Location Postal Code", {"Location_Postal_Code": "RH19"}),
        ("Location HSCA start date", {"Location_HSCA_start_date": "31/02/2020"}),
        ("Location HSCA start date", {"Location_HSCA_start_date": "long ago"}),
        ("Dormant (Y/N)", {"Dormant__Y_N_": "perhaps"}),
        ("Location Local Authority", {"Location_Local_Authority": "West Susex"}),
        ("Location Local Authority", {"Location_Local_Authority": "Cumbria"}),
        (
            "Service type - Domiciliary care service",
            {"Service_type___Domiciliary_care_service": "X"},
        ),
        (
            "Primary ID (Dual registration locations)",
            {"Primary_ID__Dual_registration_locations_": "?"},
        ),
    ],
)
def test_a_row_with_a_fault_is_listed_and_not_taken_and_the_others_are(
    heading: str, cells: dict[str, Cell]
) -> None:
    reading = read(active(monthly(1), monthly(2, **cells), monthly(3)))

    assert faults(reading) == {3: [heading]}
    assert ids(reading) == ["1-2000000001", "1-2000000003"]


def test_every_fault_of_every_row_is_listed() -> None:
    bad: dict[str, Any] = {
        "Location_Postal_Code": "nowhere",
        "Dormant__Y_N_": "?",
        "Location_Local_Authority": "Narnia",
    }

    reading = read(active(monthly(1, **bad), monthly(2), monthly(3, **bad)))

    three = ["Dormant (Y/N)", "Location Local Authority", "Location Postal Code"]
    assert {row: sorted(found) for row, found in faults(reading).items()} == {2: three, 4: three}


def test_an_unknown_council_is_reported_with_the_one_that_was_probably_meant() -> None:
    (fault,) = read(active(monthly(Location_Local_Authority="West Susex"))).faults

    assert str(fault) == (
        "HSCA_Active_Locations:2: Location Local Authority: `West Susex` is no council with adult "
        "social services; did you mean `West Sussex`?"
    )
    assert isinstance(fault, RowFault)


def test_what_cqc_does_not_say_is_left_open_and_is_no_fault() -> None:
    unsaid = {"Location_Local_Authority": "Unspecified", "Location_ODS_Code": "-"}

    reading = read(active(monthly(1, **unsaid, Location_Postal_Code="", Dormant__Y_N_="")))

    (published,) = reading.published
    location = published.location
    assert (location.host, location.authority, location.ods_code) == (None, None, None)
    assert (location.postcode, location.dormant) == (None, None)


def test_a_dormant_location_says_so() -> None:
    reading = read(active(monthly(Dormant__Y_N_="Y")))

    assert reading.published[0].location.dormant is True


def test_a_deactivated_location_has_its_end_date_and_the_file_is_not_the_whole() -> None:
    reading = read(sheet("Deactivated", table(DEACTIVATED, [deactivated()])))

    (published,) = reading.published
    assert published.location.ended == date(2026, 3, 31)
    assert not reading.whole
    assert "services" not in published.tells


def test_dual_registrations_are_linked_from_their_sheet() -> None:
    first = monthly(1, Primary_ID__Dual_registration_locations_="1-2000000001")
    second = monthly(2, Provider_ID="1-1000000009", Provider_Name="Another Care Ltd")
    links = table(DUAL, [linked(1, 2), linked(2, 1), linked(1, 3, Relationship="Other")])

    reading = read(active(first, second), sheet("Dual_Registration_Locations", links))

    one, two = (published.location for published in reading.published)
    assert not reading.faults
    assert (one.linked, one.primary) == ((two.id,), one.id)
    assert two.linked == (one.id,)


def test_a_link_of_a_location_that_is_not_in_the_file_is_a_fault() -> None:
    links = sheet("Dual_Registration_Locations", table(DUAL, [linked(7, 1)]))

    reading = read(active(monthly(1)), links)

    (fault,) = reading.faults
    assert (fault.sheet, fault.row) == ("Dual_Registration_Locations", 2)


def test_a_location_that_stands_twice_in_the_same_words_is_taken_once_and_reported() -> None:
    reading = read(active(monthly(1), monthly(1)))

    assert ids(reading) == ["1-2000000001"]
    assert faults(reading) == {3: ["Location ID"]}


def test_a_location_that_stands_twice_in_other_words_is_not_taken_at_all() -> None:
    other = monthly(1, Location_Name="Elsewhere")

    reading = read(active(monthly(1), other, monthly(2), monthly(1)))

    assert ids(reading) == ["1-2000000002"]
    assert faults(reading) == {2: ["Location ID"], 3: ["Location ID"], 5: ["Location ID"]}


def test_a_location_whose_other_row_has_a_fault_is_not_taken_either() -> None:
    reading = read(active(monthly(1, Dormant__Y_N_="?"), monthly(1)))

    assert ids(reading) == []
    assert faults(reading) == {2: ["Dormant (Y/N)"], 3: ["Location ID"]}


def test_a_provider_of_two_names_is_reported_where_the_second_stands() -> None:
    reading = read(active(monthly(1), monthly(2, Provider_Name="Rosewood Homes Ltd")))

    assert faults(reading) == {3: ["Provider Name"]}
    assert ids(reading) == ["1-2000000001"]


def test_an_nhs_trust_goes_by_its_ods_code() -> None:
    trust = monthly(Location_ID="RXX01", Provider_ID="RXX", Provider_Name="Made Up NHS Trust")

    reading = read(active(trust))

    assert reading.published[0].location.provider == "ods:RXX"


def test_a_row_with_faults_is_named_all_the_same_so_that_nothing_of_it_counts_as_missing() -> None:
    reading = read(active(monthly(1, Dormant__Y_N_="?")))

    assert reading.named == {"1-2000000001"}
    assert reading.providers_named == {ROSEWOOD}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  a \n b ", "a b"),
        (12.0, "12"),
        (1.5, "1.5"),
        (True, "Y"),
        (False, "N"),
        (date(2020, 1, 2), "2020-01-02"),
        (datetime.fromisoformat("2020-01-02T00:00:00"), "2020-01-02"),
        (7, "7"),
    ],
)
def test_a_cell_is_read_as_text_whatever_the_spreadsheet_made_of_it(cell: Cell, text: str) -> None:
    assert said(cell) == text


def test_an_empty_row_is_passed_over_and_counted() -> None:
    rows = table(FILTERS, [monthly(1), {}, monthly(2, Dormant__Y_N_="?")])

    reading = read(sheet("a", rows))

    assert reading.rows == 2
    assert faults(reading) == {4: ["Dormant (Y/N)"]}


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1-2000000001", "1-2000000002", "RXX", "Surrey", "Y", "N", "RH19 1AA", ""]),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)


@given(st.lists(st.lists(CELLS, max_size=len(FILTERS)), max_size=6))
def test_whatever_stands_in_the_cells_each_row_is_taken_whole_or_listed(
    rows: list[list[Cell]],
) -> None:
    reading = read(sheet("a", [[*FILTERS], *rows]))

    taken = {published.row for published in reading.published}
    listed = {fault.row for fault in reading.faults}
    filled = {n for n, row in enumerate(rows, 2) if any(cell != "" for cell in row)}
    assert taken | listed == filled
    once = [fault for fault in reading.faults if fault.row in taken]
    assert not once
    assert all(AGENCY_ID.match(published.location.provider) for published in reading.published)
