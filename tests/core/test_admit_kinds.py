"""An agency is only ever what its kind can be: nobody makes the provider anybody else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from hub.admit import KINDS, admit
from hub.directory import Agency, Directory
from hub.events import EVENTS
from hub.events.payload import read_data
from hub.vocabulary import AgencyId, AgencyKind, Role
from tests.core.packs import directory, pack
from tests.core.test_admit import POLICE, WSCC, known
from tests.core.test_examples import read

HOST: Final = "gss:E10000032"
ICB: Final = "ods:QNX"
CQC: Final = "regulator:cqc"
FORCE: Final = "gss:E23000033"
PROVIDER: Final = "cqc:1-1000000001"


def said(
    name: str, changes: Mapping[str, str] | None = None, found: Directory | None = None
) -> dict[str, str]:
    """Return what is said against an example with fields of its data changed."""
    event = read(f"{name}.json")
    whole: Any = event.data.model_dump(mode="json")
    for path, value in (changes or {}).items():
        *outer, last = path.split("/")
        part = whole
        for key in outer:
            part = part[int(key) if key.isdigit() else key]
        part[last] = value
    changed = replace(event, data=EVENTS[event.name].model_validate(whole))
    publisher = POLICE if event.source == POLICE.source else WSCC
    faults = admit(changed, publisher, pack(), found or known())
    pointers = dict.fromkeys(f.pointer for f in faults)
    return {p: "; ".join(f.says for f in faults if f.pointer == p) for p in pointers}


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("service/provider", CQC),
        ("service/provider", FORCE),
        ("service/provider", "gss:E10000030"),
        ("police", "gss:E10000030"),
        ("police", HOST),
        ("police", PROVIDER),
        ("regulator", PROVIDER),
        ("regulator", HOST),
        ("host_icb", PROVIDER),
        ("host_icb", "gss:E10000030"),
        ("host_authority", PROVIDER),
    ],
)
def test_a_concern_opened_with_an_agency_in_a_part_it_cannot_have_is_refused(
    field: str, code: str
) -> None:
    found = said("concern-opened", {field: code})

    pointer = f"/data/{field}"
    assert pointer in found
    if field != "host_authority":
        why = "does not regulate for" if field == "regulator" else "is a "
        assert f"`{code}` {why}" in found[pointer]


@pytest.mark.parametrize("code", [PROVIDER, CQC, FORCE, ICB])
def test_only_a_council_places_as_a_council(code: str) -> None:
    found = said("placement-register-declared", {"placements/0/commissioner": code})

    assert "/data/placements/0/commissioner" in found


def test_an_icb_that_places_as_a_council_by_mistake_is_refused_and_not_left_untold() -> None:
    found = said(
        "placement-register-amended", {"added/0/commissioner": ICB, "added/0/kind": "council"}
    )

    says = "`ods:QNX` is a board of the NHS: it cannot be the placing authority"
    assert found["/data/added/0/commissioner"] == says


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("lead-agency-set", "agency"),
        ("chair-appointed", "agency"),
        ("hold-placed", "endorsed_by_agency"),
        ("hold-released", "authority"),
        ("provider-involvement-reviewed", "endorsed_by_agency"),
    ],
)
def test_the_provider_never_leads_chairs_endorses_or_releases(name: str, field: str) -> None:
    assert f"/data/{field}" in said(name, {field: PROVIDER})
    assert said(name, {field: HOST}) == {}


def test_a_hold_on_the_provider_as_something_else_holds_nobody_and_is_refused() -> None:
    found = said("hold-placed", {"party": PROVIDER, "role": "regulator"})

    assert "/data/party" in found


def test_an_agency_whose_kind_nobody_has_said_fills_no_part() -> None:
    agencies = tuple(
        Agency(id=a.id, name=a.name) if a.id == FORCE else a for a in directory().agencies
    )

    found = said("concern-opened", found=replace(known(), agencies=agencies))

    assert "the directory does not say what" in found["/data/police"]


def test_every_role_has_its_kinds_and_none_is_the_providers_beside_it() -> None:
    assert set(KINDS) == set(Role)
    for role, kinds in KINDS.items():
        assert kinds, role
        assert (AgencyKind.PROVIDER in kinds) == (role is Role.PROVIDER)
        assert (AgencyKind.POLICE in kinds) == (role is Role.POLICE)


def test_every_agency_of_the_shipped_directory_has_the_kind_of_each_of_its_desks() -> None:
    found = directory()
    for contact in found.contacts:
        agency = found.agency(AgencyId(contact.agency))
        assert agency is not None
        for role in contact.roles:
            assert agency.kind in KINDS[role]


@pytest.mark.parametrize(
    ("name", "field", "member"),
    [
        ("placement-register-amended", "moved_out", HOST),
        ("closure-authorised", "first_hearings", {"party": HOST, "reason": "none"}),
    ],
)
def test_no_list_of_agencies_is_so_long_that_looking_each_up_stops_the_others(
    name: str, field: str, member: object
) -> None:
    event = read(f"{name}.json")
    whole = event.data.model_dump(mode="json")

    for many, taken in ((200, True), (201, False)):
        data = read_data(event.name, {**whole, field: [member] * many})
        assert isinstance(data, tuple) is not taken
