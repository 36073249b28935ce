"""A pack is complete, or refused with everything that is wrong with it, each on its line."""

from __future__ import annotations

import tomllib
from random import Random

import pytest

from hub.pack.faults import PackFault, PackFaults
from hub.pack.load import FILES, load, load_directory
from hub.pack.rules import HOLDS_CHANGED, Nothing, Route, Share, WithholdRule
from hub.vocabulary import Channel, HoldKind, Role
from tests.core.packs import (
    changed,
    directory,
    faults_of,
    line_of,
    pack,
    sources,
    without_police,
)


def test_the_pack_that_ships_loads() -> None:
    assert pack().partnership == "west-sussex"
    assert pack().roles == frozenset(Role)
    assert {authority.kind for authority in pack().hold_authorities} == set(HoldKind)


def test_ten_faults_are_told_at_once_each_with_its_line_and_what_was_meant() -> None:
    sharing = sources()["sharing.toml"]
    for old, new in (
        ('with = "regulator"', 'with = "regulatr"'),
        ('classes = "criminal"\npurpose', 'classes = "criminel"\npurpose'),
        ('purpose = "commission health care"', 'purpose = "commission healthcare"'),
        ('basis = "contract"', 'basis = "contrat"'),
        ("{ first_hearing = ", "{ first_haering = "),
        ('["hold", "partial release"', '["hold", "partial realease"'),
        ('hold = "H9"', 'hold = "H11"'),
        ('because = "Who raised it', 'becuase = "Who raised it'),
        ('approved_by = ["Head of Safeguarding Adults", "Caldicott Guardian"]',
         'approved_by = ["Caldicott Guardian", "caldicott  guardian"]'),
        ("review_by = 2027-11-01", "review_by = 2028-11-01"),
    ):  # fmt: skip
        assert old in sharing
        sharing = sharing.replace(old, new, 1)

    found = faults_of({**sources(), "sharing.toml": sharing})

    at = sharing.splitlines()
    told = [(at[f.line - 1].strip()[:24], f.says, f.did_you_mean) for f in found]
    assert told == [
        ("review_by = 2028-11-01",
         "`review_by` is after `effective_from`, and within a year of it (000 section 10)", None),
        ('approved_by = ["Caldicot', "`approved_by` names two different people", None),
        ('with = "regulatr"', "unknown role `regulatr`", "regulator"),
        ('purpose = "commission he', "unknown purpose `commission healthcare`",
         "commission health care"),
        ('classes = "criminel"', "unknown class `criminel`", "criminal"),
        ('basis = "contrat"', "unknown basis `contrat`", "contract"),
        ('when = { criminal = ["ye', "unknown value `partial realease` of `police_advice`",
         "partial release"),
        ("when = { first_haering =", "unknown fact `first_haering`", "first_hearing"),
        ('hold = "H11"', "unknown hold kind `H11`", "H1"),
        ("[[withhold]]", "`because` is missing", None),
        ('becuase = "Who raised it', "unknown key `becuase`", "because"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "says", "meant"),
    [
        ("routing.toml", 'event = "stage.changed"', 'event = "stage.change"',
         "unknown event `stage.change`", "stage.changed"),
        ("routing.toml", 'lane = "immediate"', 'lane = "imediate"',
         "unknown lane `imediate`", "immediate"),
        ("routing.toml", 'required = "relayed"', 'required = "relaid"',
         "unknown rung `relaid`", "relayed"),
        ("routing.toml", 'provenance = "project-default"', 'provenance = "project default"',
         "unknown provenance `project default`", "project-default"),
        ("routing.toml", 'notice = "lead-agency-set"\n', "", "`notice` is missing", None),
        ("routing.toml", 'id = "R2"', 'id = "R1"', "rule `R1` stands already at routing.toml:14",
         None),
        ("routing.toml", 'provider = "held by W1"', 'provider = "held by W9"',
         "no rule `W9` holds anything", None),
        ("routing.toml", 'provider = "held by W1"', 'provider = "witheld"',
         "unknown class or verdict `witheld`", "withheld"),
        ("routing.toml", 'reply_within = "30 minutes"', 'reply_within = "half an hour"',
         "`reply_within`: is a time such as `30 minutes`, `24 hours` or `5 working days`", None),
        ("routing.toml", 'classes = "process"', 'classes = "themes"',
         "a notice cannot keep quiet about the process: add `process`", None),
        ("sharing.toml", '[basis.crime]\n"public body"', '[basis.crime]\n"public bodies"',
         "`crime` says no basis for a `public body`", None),
        ("sharing.toml", 'review_every = "3 days"\n', "", "`review_every` is needed by a hold",
         None),
        ("sharing.toml", "guard = true", "guard = false",
         "`guard`: may only be `true`; leave it out otherwise", None),
        ("sharing.toml", "[handling]", "[handlng]", "unknown table `handlng`", "handling"),
        ("authority.toml", 'kind = "H2"', 'kind = "H3"', "`H3` stands twice", None),
        ("authority.toml", 'endorse = "lead agency"\n', "",
         "`H2` is endorsed by `lead agency` (004 3.1)", None),
        ("authority.toml", 'place = ["police", "host authority"]', 'place = ["provider"]',
         "the provider has no part in `H1`", None),
        ("authority.toml", 'hosts = "gss:E10000032"', 'hosts = "gss:E1"',
         "`hosts`: `gss:E1` is not an agency code", None),
        ("sharing.toml", '"regulate the provider" = "Let', '"regulate the provider" = 7 # "Let',
         "say the purpose `regulate the provider` in words", None),
        ("sharing.toml", '"public body" = "Care', '"public body" = 7 # "Care',
         "say the basis `care_act` in words", None),
        ("sharing.toml", '"private provider"', '"private provder"',
         "unknown sender type `private provder`", "private provider"),
        ("sharing.toml", 'review_every = "3 days"', 'review_every = "soon"',
         "`review_every`: is a time such as `12 hours` or `3 days`", None),
        ("sharing.toml", 'hold = "H1"\n', "",
         "`everything not released` needs a `hold` that is released", None),
        ("sharing.toml", "always = true\n", "",
         "an example has `given` and `expect`; a theorem has `always = true` and `never`", None),
        ("sharing.toml", 'released = "process"', 'released = "proces"', "unknown class `proces`",
         "process"),
        ("sharing.toml", '{ event = "concern.opened" }', '{ event = "concern.oped" }',
         "unknown event `concern.oped`", "concern.opened"),
        ("sharing.toml", 'given = { event = "concern.opened" }', "given = { }",
         "an example has one `event`", None),
        ("sharing.toml", 'police_advice = "unknown" }', 'police_advice = ["unknown", "hold"] }',
         "an example gives `police_advice` one value", None),
        ("routing.toml", "at = 2026-12-24T15:00:00Z\n", "", "`due` needs `at`", None),
        ("escalation.toml", '"next contact now"', '"tomorrow"',
         "`if_cannot_deliver`: Input should be 'next contact now'", None),
        ("directory.toml", 'id = "cqc"\nagency = "regulator:cqc"',
         'id = "cqc"\nagency = "regulator:ciw"', "unknown agency `regulator:ciw`", "regulator:cqc"),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_wrong_and_what_was_meant(
    file: str, old: str, new: str, says: str, meant: str | None
) -> None:
    found = faults_of(changed(file, old, new))

    assert (says, meant) in {(fault.says, fault.did_you_mean) for fault in found}


def test_a_file_that_is_no_toml_hides_nothing_in_the_others() -> None:
    texts = changed("routing.toml", 'event = "stage.changed"', 'event = "stage.changed')
    texts["authority.toml"] = texts["authority.toml"].replace('kind = "H2"', 'kind = "H22"')

    found = faults_of(texts)

    line = line_of("routing.toml", 'event = "stage.changed"')
    assert {(f.file, f.line) for f in found} >= {("routing.toml", line)}
    assert "unknown hold kind `H22`" in {f.says for f in found}
    assert "this is not TOML" in next(f.says for f in found if f.file == "routing.toml")


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_missing_is_asked_for(file: str) -> None:
    found = faults_of({name: text for name, text in sources().items() if name != file})

    assert PackFault(file=file, line=1, says="this file is missing") in found


def test_a_file_that_is_no_part_of_a_pack_is_refused() -> None:
    (fault,) = faults_of({**sources(), "rooting.toml": ""})

    assert str(fault) == "rooting.toml:1: no part of a pack; did you mean `routing.toml`?"


def test_an_event_that_a_role_is_neither_told_of_nor_not_told_of_is_a_hole() -> None:
    found = faults_of(without_police("stage.changed"))

    assert [f.says for f in found] == [
        "nothing says what `police` is told on `stage.changed`: add a route or a `[[nothing]]`"
    ]


@pytest.mark.parametrize("table", ["purpose", "basis"])
def test_a_pack_without_purposes_or_bases_is_refused(table: str) -> None:
    lines = sources()["sharing.toml"].splitlines()
    kept = [line for line in lines if not line.startswith(f"[{table}")]

    found = faults_of({**sources(), "sharing.toml": f"{table} = 1\n" + "\n".join(kept)})

    assert any(f.line == 1 and f"`[{table}" in f.says for f in found)


def test_a_table_that_repeats_has_two_brackets() -> None:
    found = faults_of({**sources(), "authority.toml": '[grant]\npublisher = "wscc"\n'})

    assert "write `[[grant]]`, with two brackets" in {fault.says for fault in found}


def test_whatever_is_typed_a_pack_is_read_or_refused_and_nothing_else() -> None:
    chance = Random(20261201)
    for _ in range(60):
        file = chance.choice(["sharing.toml", "authority.toml", "routing.toml"])
        text = sources()[file]
        at = chance.randrange(len(text))
        typed = chance.choice(["", "[", "]", '"', "{", "}", "=", "1", "\n", ",", "[[share]]"])
        found = faults_of({**sources(), file: text[:at] + typed + text[at + 1 :]})
        assert all(fault.line >= 1 for fault in found)


def test_every_fault_is_in_the_message() -> None:
    with pytest.raises(PackFaults) as refused:
        load(changed("sharing.toml", 'with = "regulator"', 'with = "regulatr"'))

    assert f"sharing.toml:{line_of('sharing.toml', 'with = ')}: unknown role" in str(refused.value)
    assert "did you mean `regulator`?" in str(refused.value)


def test_a_rule_stands_on_its_line() -> None:
    lines = {file: text.splitlines() for file, text in sources().items()}

    rules: list[Share | WithholdRule | Route | Nothing] = [*pack().shares, *pack().withholds]
    rules += [*pack().routes, *pack().nothings]
    for id_, where in [(rule.id, rule.where) for rule in rules]:
        assert lines[where.file][where.line] == f'id = "{id_}"'


def test_holds_changed_is_routed_and_is_no_event_that_anybody_may_assert() -> None:
    assert HOLDS_CHANGED in {route.event for route in pack().routes}
    assert all(HOLDS_CHANGED not in grant.events for grant in pack().grants)


# The directory.


def test_every_desk_of_the_directory_has_a_deputy() -> None:
    for contact in directory().contacts:
        for role in contact.roles:
            desks = directory().contacts_of(contact.agency, role)
            assert [desk.order for desk in desks] == [0, 1]
            assert directory().reachable(contact.agency, role) == {Channel.EMAIL}


def test_the_directory_holds_made_up_addresses_and_no_secret() -> None:
    for contact in directory().contacts:
        assert contact.address.endswith(".example")
    assert directory().endpoints == ()
    assert "secret" not in tomllib.loads(sources()["directory.toml"])


def test_every_agency_says_where_its_mailboxes_are_and_a_subdomain_counts() -> None:
    text = changed("directory.toml", "@cqc.example", "@desk.cqc.example")["directory.toml"]

    found = load_directory(text)

    assert all(agency.mail_domains for agency in found.agencies)
    (cqc,) = (agency for agency in found.agencies if agency.id == "regulator:cqc")
    assert cqc.mail_domains == ("cqc.example",)
    assert found.contacts_of(cqc.id, Role.REGULATOR)[0].address.endswith("@desk.cqc.example")


def test_an_agency_without_domains_is_not_limited() -> None:
    text = changed("directory.toml", 'mail_domains = ["cqc.example"]\n', "")["directory.toml"]
    text = text.replace("safeguarding@cqc.example", "safeguarding@elsewhere.example")

    found = load_directory(text)

    assert [agency.name for agency in found.agencies if not agency.mail_domains] == [
        "Care Quality Commission"
    ]


def test_an_endpoint_is_read_without_keys() -> None:
    hook = """
[[endpoint]]
id = "cqc-intake"
agency = "regulator:cqc"
roles = ["regulator"]
url = "https://hooks.cqc.example/concern-hub"
hosts = ["hooks.cqc.example"]
"""

    (endpoint,) = load_directory(sources()["directory.toml"] + hook).endpoints

    assert endpoint.keys == ()
    assert endpoint.hosts == ("hooks.cqc.example",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('address = "safeguarding@cqc.example"', 'address = "safeguarding"', "@-sign"),
        ('id = "cqc-deputy"', 'id = "cqc"', "`cqc` stands twice"),
        ('source = "https://cases.westsussex', 'source = "http://cases.westsussex', "no https"),
        ('id = "wscc"', 'id = "WSCC"', "`id`: String should match pattern"),
        ("order = 1", "order = -1", "`order`: Input should be greater than or equal to 0"),
        ('prefix = "wscc"', 'prefx = "wscc"', "unknown key `prefx`"),
        ('roles = ["police"]', 'roles = ["polices"]', "unknown role `polices`"),
        ('roles = ["police"]', "roles = []", "`roles` is empty: name at least one"),
        (
            'address = "safeguarding@cqc.example"',
            'address = "safeguarding@cqc.exampel"',
            "`cqc.exampel` is outside the agency's `mail_domains`; did you mean `cqc.example`?",
        ),
        (
            'address = "safeguarding@cqc.example"',
            'address = "safeguarding@not-cqc.example"',
            "`not-cqc.example` is outside the agency's `mail_domains`",
        ),
        (
            'mail_domains = ["cqc.example"]',
            'mail_domains = ["@CQC.example"]',
            "`mail_domains`: String should match pattern",
        ),
    ],
)
def test_a_fault_of_the_directory_is_told_with_its_line(old: str, new: str, says: str) -> None:
    text = changed("directory.toml", old, new)["directory.toml"]

    with pytest.raises(PackFaults) as refused:
        load_directory(text)

    assert says in str(refused.value)
    expected = line_of("directory.toml", old.splitlines()[0])
    assert expected in {fault.line for fault in refused.value.faults} or "missing" in str(refused)


def test_a_webhook_outside_its_approved_hosts_is_refused() -> None:
    hook = '[[endpoint]]\nid = "a"\nagency = "regulator:cqc"\nroles = ["regulator"]\n'
    hook += 'url = "https://elsewhere.example/"\nhosts = ["hooks.cqc.example"]\n'

    with pytest.raises(PackFaults) as refused:
        load_directory(sources()["directory.toml"] + "\n" + hook)

    assert [fault.says for fault in refused.value.faults] == [
        "the host of `url` is not among the `hosts`"
    ]
