"""What keeps a pack from being used is found by proof, with the place and an example."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from time import process_time

import pytest

from hub.compose import Words
from hub.directory import Directory
from hub.pack.load import load
from hub.prove import proof, prove
from hub.prove.answers import EVENT_NAMES, walk
from hub.vocabulary import Role
from tests.core.packs import (
    changed,
    directory,
    line_of,
    pack,
    sources,
    without_police,
    words,
)


def _said(texts: dict[str, str]) -> list[str]:
    return [fault.says for fault in prove(load(texts), words(), directory())]


def _with(file: str, text: str) -> dict[str, str]:
    return {**sources(), file: f"{sources()[file]}\n{text}"}


def test_the_pack_that_ships_is_proved_in_seconds() -> None:
    start = process_time()

    found = prove(pack(), words(), directory())

    assert found == ()
    assert process_time() - start < 10


def test_the_whole_domain_is_walked() -> None:
    seen = walk(pack())

    cells = {(event, role) for _, event, role in seen.routed | seen.silent}
    assert cells == set(product(EVENT_NAMES, Role))
    assert seen.routed == {(r.id, r.event, role) for r in pack().routes for role in r.roles}
    named = [n for n in pack().nothings if not n.rest]
    rest = {n.id for n in pack().nothings if n.rest}
    silent = {(rule, event, role) for rule, event, role in seen.silent if rule not in rest}
    assert silent == {(n.id, event, role) for n in named for event in n.events for role in n.roles}
    assert {rule for rule, _, _ in seen.silent} >= rest


def test_a_proof_leaves_none_of_what_it_gathered_with_the_pack() -> None:
    rules = load(sources())

    found = proof(rules, words(), directory())

    assert found.faults == ()
    assert found.cases == walk(pack()).cases
    assert not rules.gathered


def test_a_combination_of_facts_without_an_answer_is_a_hole() -> None:
    texts = without_police("criminal.status.declared")
    texts["routing.toml"] = texts["routing.toml"].replace(
        '["consulted, none", "none suspected"]', '"none suspected"'
    )

    found = _said(texts)

    assert (
        "nothing says what `police` on `criminal.status.declared` (criminal `consulted, none`) "
        "is told: add a route or a `[[nothing]]`"
    ) in found


def test_two_routes_for_one_combination_are_a_fault() -> None:
    found = _said(changed("routing.toml", 'when = { told_before = "no", held_before = "yes" }',
                          'when = { held_before = "yes" }'))  # fmt: skip

    assert any("R18 and R19 both speak for `police` on `closure.authorised`" in f for f in found)


def test_a_route_and_a_nothing_for_one_combination_are_a_fault() -> None:
    suspected = '["yes", "crime suspected", "unknown"] }\nno'

    found = _said(changed("routing.toml", suspected, suspected.replace("]", ', "none suspected"]')))

    assert (
        "R7 and N5 both speak for `police` on `criminal.status.declared` "
        "(criminal `none suspected`)"
    ) in found


def test_a_share_that_comes_to_nothing_is_a_fault() -> None:
    wider = '"head of safeguarding"]\nclasses = ["process", "themes"'

    found = _said(changed("sharing.toml", f"{wider}]", f'{wider}, "commercial"]'))

    says = "S11 shares `commercial` with `emergency duty team`, and nothing ever comes of it"
    assert says in found


def test_a_share_that_stands_guard_may_come_to_nothing_and_a_theorem_still_binds_it() -> None:
    text = """
[[share]]
id = "S99"
say = "The provider hears who raised it"
with = "provider"
classes = "referrer"
purpose = "let the provider act"
basis = "care_act"
paragraph = "none"
duties = ["record the disclosure", "mark OFFICIAL-SENSITIVE"]
guard = true
"""
    open_door = _with("sharing.toml", text)
    before, w5, after = open_door["sharing.toml"].partition('id = "W5"')
    open_door["sharing.toml"] = before + w5 + after.replace('"provider", ', "", 1)

    found = _said(open_door)

    (theorem,) = (says for says in found if says.startswith("not a theorem"))
    assert theorem.startswith("not a theorem: `provider` may be told `referrer` (S99, ")


def test_a_withhold_that_keeps_nothing_is_a_fault_unless_it_stands_guard() -> None:
    rule = """
[[withhold]]
id = "W99"
say = "Idle"
from = "provider"
classes = "referrer"
because = "Idle"
paragraph = "none"
"""

    assert "W99 never keeps anything from `provider`" in _said(_with("sharing.toml", rule))
    assert _said(_with("sharing.toml", f"{rule}guard = true\n")) == []


def test_a_withhold_that_keeps_one_class_and_not_the_other_is_half_idle() -> None:
    rule = """
[[withhold]]
id = "W99"
say = "Half idle"
from = "emergency duty team"
classes = ["themes", "referrer"]
because = "Half idle"
paragraph = "none"
"""

    says = "W99 never keeps `referrer` from `emergency duty team`"
    assert says in _said(_with("sharing.toml", rule))


def test_a_rule_that_never_speaks_is_a_fault() -> None:
    hidden = """
[[route]]
id = "Y1"
say = "Speaks first, always"
event = "chair.appointed"
to = "regulator"
notice = "stage-changed"
classes = "process"
lane = "standard"
required = "relayed"
reply_within = "1 working day"
provenance = "project-default"
paragraph = "none"
"""

    found = _said(_with("routing.toml", hidden + hidden.replace("Y1", "Y2")))

    assert "Y2 never speaks for `regulator` on `chair.appointed`" in found
    assert "N13 never speaks for `regulator` on `chair.appointed`" in found
    assert "Y1 and Y2 and N13 both speak for `regulator` on `chair.appointed` (always)" in found


def test_a_route_for_what_is_never_shared_is_a_fault() -> None:
    found = _said(changed("routing.toml", 'classes = ["process", "themes", "criminal"]',
                          'classes = ["process", "themes", "commercial"]'))  # fmt: skip

    assert "R7 asks for `commercial` for `police`, which no rule ever shares" in found


def test_a_class_that_is_neither_shared_nor_withheld_with_a_reason_is_a_fault() -> None:
    before, w5, after = sources()["sharing.toml"].partition('id = "W5"')
    assert 'from = ["host icb", ' in after

    text = before + w5 + after.replace('from = ["host icb", ', "from = [", 1)
    found = _said({**sources(), "sharing.toml": text})

    says = "`referrer` is neither shared with `host icb` nor withheld from it with a reason"
    assert says in found


def test_an_example_that_comes_out_otherwise_says_how() -> None:
    texts = changed(
        "sharing.toml",
        'expect = { provider = "held by W1", regulator = ["process", "themes"] }',
        'expect = { provider = "nothing", regulator = "process" }',
    )

    found = _said(texts)

    say = "We do not know what the police advise: treat as do not tell"
    assert f"{say}: `provider` is nothing in the example, and held by W1 by the rules" in found
    assert (
        f"{say}: `regulator` is told process in the example, and told process, themes by the rules"
    ) in found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('lane = "immediate"', 'lane = "bulk"', "is told `immediate` in the example, and `bulk`"),
        ('notice = "emergency-closure"', 'notice = "concern-opened"', "gets `emergency-closure`"),
        ('reply_within = "30 minutes"', 'reply_within = "3 hours"',
         "answers by 2026-12-26 00:20 UTC in the example, and by 2026-12-26 02:50 UTC by R6"),
        ('ed = "acknowledged"\nreply_within = "30', 'ed = "relayed"\nreply_within = "30',
         "is to reach `acknowledged` in the example, and `relayed`"),
    ],
)  # fmt: skip
def test_a_route_that_changed_its_form_is_caught_by_its_example(
    old: str, new: str, says: str
) -> None:
    assert any(says in found for found in _said(changed("routing.toml", old, new)))


def test_a_rule_without_an_example_is_a_fault_on_its_line() -> None:
    text = sources()["routing.toml"]
    start = text.index('[[check]]\nsay = "The Chair\'s appointment is recorded"')
    without = text[:start] + text[text.index("[[check]]", start + 1) :]

    (fault,) = prove(load({**sources(), "routing.toml": without}), words(), directory())

    assert fault.says == "N13 has no `[[check]]`"
    assert fault.line == line_of("routing.toml", 'id = "N13"') - 1


def test_a_role_that_nobody_can_be_reached_in_is_a_fault() -> None:
    alone = replace(
        directory(),
        contacts=tuple(c for c in directory().contacts if Role.EMERGENCY_DUTY_TEAM not in c.roles),
    )

    found = [fault.says for fault in prove(pack(), words(), alone)]

    assert found == [
        "no agency can be reached as `emergency duty team`",
        "the host authority `gss:E10000032` cannot be reached as `emergency duty team`",
    ]


def test_a_publisher_without_a_grant_and_a_grant_without_a_publisher_are_faults() -> None:
    texts = changed("authority.toml", 'publisher = "sussex-police"', 'publisher = "sussex-polise"')

    faults = prove(load(texts), words(), directory())

    assert [(f.says, f.did_you_mean) for f in faults] == [
        ("no publisher `sussex-polise` in the directory", "sussex-police"),
        ("publisher `sussex-police` may assert nothing: it has no `[[grant]]`", None),
    ]


def test_a_hold_whose_releaser_may_not_release_it_is_a_fault() -> None:
    found = _said(changed("sharing.toml", 'released_by = "police"', 'released_by = "regulator"'))

    assert found == ["W1 is released by `regulator`, but H1 by police"]


def test_a_notice_without_words_is_a_fault_of_the_words() -> None:
    faults = prove(pack(), Words(templates={}), directory())

    assert {fault.file.split("/")[0] for fault in faults} == {"message_templates"}
    assert any("there are no words for it" in fault.says for fault in faults)


def test_nobody_in_the_directory_is_told_all_at_once() -> None:
    says = [fault.says for fault in prove(pack(), words(), Directory())]

    missing = {said for said in says if said.startswith("no agency can be reached as")}
    told = {role for route in pack().routes for role in route.roles}
    assert missing == {f"no agency can be reached as `{role}`" for role in told}
    assert told >= set(Role) - {Role.ADULTS}
