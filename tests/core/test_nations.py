"""Which nation a concern is in decides who regulates and what its board of the NHS is.

And what notices call bodies and laws is the pack's to say: their templates name none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from hub.adapters.shipped import pack_folders, read_folder, shipped
from hub.admit import admit
from hub.compose.naming import cited, naming_facts
from hub.directory import Agency, regulator_for
from hub.pack.faults import Where
from hub.pack.ladder import Ladder, LadderStep
from hub.pack.load import load
from hub.vocabulary import AgencyId, AgencyKind, Role
from tests.core.build_words import concern_now, directory_now, pack_now
from tests.core.packs import pack
from tests.core.test_admit import WSCC, known
from tests.core.test_admit_kinds import said
from tests.core.test_examples import read

HERE: Final = Where(file="escalation.toml", line=1)
PACKS: Final = tuple(folder.name for folder in pack_folders(shipped("policy")))
OF_A_NATION: Final = re.compile(
    r"\bCQC\b|Care Quality|\bCIW\b|Care Act|Healthwatch|integrated care|health board"
    r"|Strategic Provider Concerns|Quality Safeguarding|QA?SIG|[^(]Framework|Well-being"
)


@pytest.mark.parametrize(
    ("host", "regulator"),
    [
        ("gss:E10000032", "regulator:cqc"),
        ("gss:W06000015", "regulator:ciw"),
        ("gss:S12000036", "regulator:care-inspectorate"),
        ("gss:N09000003", "regulator:rqia"),
        ("unit:a-council", None),
    ],
)
def test_M024_the_host_authoritys_nation_says_who_regulates(
    host: str, regulator: str | None
) -> None:
    assert regulator_for(AgencyId(host)) == regulator


def test_M024_another_nations_regulator_is_refused_with_the_right_one() -> None:
    ciw = Agency(
        id=AgencyId("regulator:ciw"), name="Care Inspectorate Wales", kind=AgencyKind.REGULATOR
    )
    found = replace(known(), agencies=(*known().agencies, ciw))

    faults = said("concern-opened", {"regulator": "regulator:ciw"}, found)

    says = "`regulator:ciw` does not regulate for `gss:E10000032`: `regulator:cqc` does"
    assert faults == {"/data/regulator": says}


@pytest.mark.parametrize(("kind", "taken"), [(AgencyKind.ICB, True), (AgencyKind.NHS, False)])
def test_M118_in_england_the_host_board_is_an_integrated_care_board(
    kind: AgencyKind, *, taken: bool
) -> None:
    changed = tuple(replace(a, kind=kind) if a.id == "ods:QNX" else a for a in known().agencies)

    faults = admit(read("concern-opened.json"), WSCC, pack(), replace(known(), agencies=changed))

    assert ("/data/host_icb" not in {fault.pointer for fault in faults}) is taken


def test_no_template_names_what_another_nation_calls_otherwise() -> None:
    templates = read_folder(shipped("message_templates"), ".md.j2")

    assert templates
    assert [path for path, text in templates.items() if OF_A_NATION.search(text)] == []


def test_a_notice_cites_its_framework_by_the_packs_name_for_it_and_else_not_at_all() -> None:
    words = "It has moved (Framework 5.1). Meet at once (Framework 8.4, 12.1)."

    assert cited(words, {"framework": "Policy"}) == (
        "It has moved (Policy 5.1). Meet at once (Policy 8.4, 12.1)."
    )
    assert cited(words, {}) == "It has moved. Meet at once."


def test_what_bodies_are_called_is_the_packs_word_or_else_the_roles_own() -> None:
    renamed = replace(pack_now(), names={Role.QSIG: "Joint Panel"}, words={})

    found = naming_facts(renamed, concern_now(), directory_now())

    assert (found["qsig_name"], found["icb_name"]) == ("Joint Panel", "host icb")
    assert found["framework"] is None
    assert found["failure_law"] is None


@pytest.mark.parametrize("name", PACKS)
def test_every_shipped_pack_has_words_for_the_laws_of_its_nation(name: str) -> None:
    found = load(read_folder(shipped("policy") / name))

    laws = {"board request", "temporary duty", "market oversight", "incident notification"}
    assert laws <= found.words.keys()
    assert Role.HOST_ICB in found.names


def test_of_the_rules_of_wales_only_the_words_differ_from_those_they_were_written_after() -> None:
    """What the head of its `sharing.toml` says, until a partnership agrees other rules."""
    wales, west_sussex = (
        load(read_folder(shipped("policy") / n)) for n in ("wales", "west-sussex")
    )

    assert [
        (r.id, r.event, r.roles, r.when, r.notice, r.classes, r.lane, r.required, r.reply_within)
        for r in wales.routes
    ] == [
        (r.id, r.event, r.roles, r.when, r.notice, r.classes, r.lane, r.required, r.reply_within)
        for r in west_sussex.routes
    ]
    assert [(s.id, s.roles, s.classes, s.when, s.decided_by) for s in wales.shares] == [
        (s.id, s.roles, s.classes, s.when, s.decided_by) for s in west_sussex.shares
    ]
    assert [(w.id, w.roles, w.classes, w.when, w.hold) for w in wales.withholds] == [
        (w.id, w.roles, w.classes, w.when, w.hold) for w in west_sussex.withholds
    ]
    assert [(d.kind, d.when, d.within) for d in wales.deadlines] == [
        (d.kind, d.when, d.within) for d in west_sussex.deadlines
    ]
    assert [replace(one, where=HERE, paragraph="", steps=_bare(one)) for one in wales.ladders] == [
        replace(one, where=HERE, paragraph="", steps=_bare(one)) for one in west_sussex.ladders
    ]


def _bare(ladder: Ladder) -> tuple[LadderStep, ...]:
    return tuple(replace(step, where=HERE) for step in ladder.steps)
