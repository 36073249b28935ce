"""Every provider of England may be in the directory: what is asked of it stays quick and honest."""

from __future__ import annotations

from dataclasses import replace

from hub.cqc.changes import compare
from hub.cqc.councils import english_councils
from hub.cqc.read import read_directory
from hub.directory import Agency
from hub.vocabulary import AgencyId, AgencyKind
from tests.care_directory import FILTERS, monthly, sheet, table
from tests.core.test_admit import WSCC, grants, known, said
from tests.core.test_examples import read

ROSEWOOD = AgencyId("cqc:1-1000000001")


def test_for_an_unknown_provider_its_neighbours_number_is_not_offered() -> None:
    event = read("concern-opened.json")
    others = tuple(agency for agency in known().agencies if agency.id != ROSEWOOD)
    neighbour = Agency(
        id=AgencyId("cqc:1-1000000002"), name="Another Care Ltd", kind=AgencyKind.PROVIDER
    )
    found = replace(known(), agencies=(*others, neighbour))

    faults = said(event, WSCC, grants(event.name), found)

    assert faults == {"/data/service/provider": f"`{ROSEWOOD}` is not in the directory"}


def test_an_event_about_an_imported_provider_is_not_of_an_unknown_agency() -> None:
    event = read("concern-opened.json")
    others = tuple(agency for agency in known().agencies if agency.id != ROSEWOOD)
    without = replace(known(), agencies=others)
    published = sheet("HSCA_Active_Locations", table(FILTERS, [monthly()]))

    changes = compare(read_directory([published], english_councils()), {}, without)

    imported = replace(without, agencies=(*others, *changes.new_agencies))
    assert said(event, WSCC, grants(event.name), without)
    assert not said(event, WSCC, grants(event.name), imported)
