"""Only who may, may: publishers, their grants, and the agencies they name (semantics 15)."""

from dataclasses import replace
from typing import Final

import pytest

from hub.admit import NotAllowed, admit, agencies_named, host_faults, identify, unknown_pack
from hub.directory import Agency, Directory, Publisher
from hub.events import EVENTS
from hub.events.envelope import Event
from hub.pack.faults import Where
from hub.pack.rules import Grant, Pack
from hub.vocabulary import AgencyId, PublisherId
from tests.core.packs import directory, pack
from tests.core.test_examples import FILES, events_of_every_type, read

HOST: Final = AgencyId("gss:E10000032")
SURREY: Final = AgencyId("gss:E10000030")
WSCC: Final = Publisher(
    id=PublisherId("wscc"),
    agency=HOST,
    source="https://cases.westsussex.example/concerns",
    prefix="wscc",
)
POLICE: Final = Publisher(
    id=PublisherId("sussex-police"),
    agency=AgencyId("gss:E23000033"),
    source="https://cases.sussex-police.example/concerns",
    prefix="sxp",
)


def known() -> Directory:
    return replace(directory(), publishers=(WSCC, POLICE))


def grants(*events: str, publisher: Publisher = WSCC, host: AgencyId = HOST) -> Pack:
    grant = Grant(
        publisher=publisher.id,
        events=frozenset(events),
        hosts=frozenset({host}),
        where=Where(file="authority.toml", line=1),
    )
    return replace(pack(), grants=(grant,))


def said(event: Event, publisher: Publisher, agreed: Pack, found: Directory) -> dict[str, str]:
    return {fault.pointer: fault.says for fault in admit(event, publisher, agreed, found)}


class TestIdentify:
    """The validated user, the routing key and the source name one publisher."""

    def test_all_three_agree(self) -> None:
        assert identify("wscc", "wscc.concern.opened", WSCC.source, known()) == WSCC

    def test_by_http_the_key_names_the_publisher(self) -> None:
        assert identify("wscc", None, WSCC.source, known()) == WSCC

    @pytest.mark.parametrize("user", [None, "", "nobody", "WSCC"])
    def test_without_a_known_validated_user_nobody_is_named(self, user: str | None) -> None:
        assert isinstance(identify(user, "wscc.x", WSCC.source, known()), NotAllowed)

    @pytest.mark.parametrize("key", ["sxp.concern.opened", "", "wsccx.y", "WSCC.y"])
    def test_a_routing_key_of_another_prefix_is_refused(self, key: str) -> None:
        assert isinstance(identify("wscc", key, WSCC.source, known()), NotAllowed)

    def test_the_source_of_another_publisher_is_refused(self) -> None:
        fault = identify("wscc", "wscc.x", POLICE.source, known())

        assert isinstance(fault, NotAllowed)
        assert fault.pointer == "/source"


class TestAdmit:
    """The pack's authority table, and the directory."""

    def test_what_is_granted_comes_in(self) -> None:
        event = read("concern-opened.json")

        assert admit(event, WSCC, grants("concern.opened"), known()) == ()

    def test_every_example_comes_in_under_the_shipped_pack(self) -> None:
        found = directory()
        publishers = {publisher.source: publisher for publisher in found.publishers}

        for file in FILES:
            event = read(file)
            assert admit(event, publishers[event.source], pack(), found) == (), file

    def test_every_event_type_is_granted_to_a_publisher_of_the_shipped_directory(self) -> None:
        known_here = {publisher.id for publisher in directory().publishers}
        granted = {e for g in pack().grants if g.publisher in known_here for e in g.events}

        assert granted == EVENTS.keys()

    def test_an_event_type_that_is_not_granted_is_refused(self) -> None:
        event = read("concern-opened.json")

        assert "/type" in said(event, WSCC, grants("chair.appointed"), known())

    def test_the_police_may_not_authorise_a_closure(self) -> None:
        event = replace(read("closure-authorised.json"), source=POLICE.source)

        assert "/type" in said(event, POLICE, pack(), known())

    def test_a_host_authority_that_is_not_granted_is_refused(self) -> None:
        event = read("concern-opened.json")

        faults = said(event, WSCC, grants("concern.opened", host=SURREY), known())

        assert "/data/host_authority" in faults

    def test_the_host_that_the_envelope_claims_is_held_to_the_grant(self) -> None:
        event = read("chair-appointed.json")

        faults = said(event, WSCC, grants("chair.appointed", host=SURREY), known())

        assert "/hostgss" in faults

    def test_what_an_event_says_of_another_hosts_concern_is_refused(self) -> None:
        event = replace(read("chair-appointed.json"), host=None)
        agreed = grants("chair.appointed")

        assert host_faults(event, HOST, agreed, known()) == ()
        assert [type(f) for f in host_faults(event, SURREY, agreed, known())] == [NotAllowed]

    def test_another_partnerships_pack_is_refused_and_the_known_ones_named(self) -> None:
        event = replace(read("concern-opened.json"), partnership="wales")

        faults = said(event, WSCC, grants("concern.opened"), known())

        assert "`west-sussex`" in faults["/policypack"]
        assert "`a`, `b`" in unknown_pack("c", ["b", "a"]).says
        assert "none" in unknown_pack("c", []).says

    def test_an_agency_nobody_knows_is_named_with_what_was_meant(self) -> None:
        found = Directory(
            agencies=tuple(a for a in known().agencies if a.id != SURREY),
            publishers=known().publishers,
        )
        event = read("placement-register-declared.json")

        faults = said(event, WSCC, grants(event.name), found)

        assert list(faults) == ["/data/placements/0/commissioner"]
        assert "did you mean `gss:E100000" in faults["/data/placements/0/commissioner"]

    def test_every_reason_comes_at_once(self) -> None:
        event = read("concern-opened.json")

        faults = said(event, POLICE, grants("chair.appointed"), Directory())

        assert faults.keys() >= {"/source", "/type", "/data/host_authority", "/data/regulator"}


class TestAgenciesNamed:
    """Codes are found by their type, wherever they stand."""

    def test_in_an_opened_concern(self) -> None:
        named = dict(agencies_named(read("concern-opened.json").data))

        assert named == {
            "/data/service/provider": "cqc:1-1000000001",
            "/data/host_authority": HOST,
            "/data/host_icb": "ods:QNX",
            "/data/regulator": "regulator:cqc",
            "/data/police": "gss:E23000033",
        }

    def test_in_lists_and_in_parts_that_may_be_absent(self) -> None:
        named = dict(agencies_named(read("placement-register-amended.json").data))

        assert named == {
            "/data/added/0/commissioner": "ods:QXU",
            "/data/moved_out/0": "gss:E10000014",
        }

    def test_a_code_in_a_sentence_is_no_agency(self) -> None:
        event = read("lead-agency-set.json")
        data = event.data.model_copy(update={"reason": "gss:E99999999"})

        assert dict(agencies_named(data)) == {"/data/agency": HOST}

    def test_every_field_that_the_wire_checks_as_a_code_is_found(self) -> None:
        found = Directory(agencies=(Agency(id=HOST, name="x"),))

        for name, event in events_of_every_type().items():
            text = event.data.model_dump_json()
            codes = {code for _, code in agencies_named(event.data)}
            spelled = {
                word for word in text.split('"') if word.startswith(("gss:", "ods:", "cqc:1"))
            }
            for word in spelled - codes:  # an id may be spelled so: nothing checks it as a code
                EVENTS[name].model_validate_json(text.replace(f'"{word}"', '"no code"'))
            refused = admit(event, WSCC, grants(name), found)
            assert all(fault.pointer for fault in refused)
