"""The words of the notices: slots, the template law, and the shipped templates themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, meta

from hub.compose import FACT_CLASSES, NoWords, WordsFaults, load_words, words_faults
from hub.compose.slots import fill_html, fill_text, lay, slot
from hub.compose.words import Written
from hub.pack.load import load
from hub.pack.rules import HOLDS_CHANGED, Pack, Route
from hub.vocabulary import InfoClass, Lane, Role
from tests.core.build_words import (
    C0,
    C1,
    C2,
    C4,
    NOW,
    OTHERS,
    PARTNERS,
    everything_known,
    in_emergency,
    notify,
    pack_now,
    position,
    route,
    routes,
    share,
    shipped_sources,
    shipped_words,
)
from tests.core.test_compose_facts import as_routed, barest, facts

POLICY = Path(__file__).parents[2] / "policy"
HEADINGS = (
    "What happened.",
    "What to do.",
    "By when.",
    "Answer to.",
    "Handling.",
    "Acknowledge.",
)
TAIL = (
    "**Answer to.** {{ leo_name }}, {{ leo_phone }}.\n\n"
    "**Handling.** OFFICIAL-SENSITIVE. {{ handling }}\n\n"
    "**Acknowledge.** Enter {{ ack_code }} at {{ ack_page }}.\n"
)


class Reader(HTMLParser):
    """Reads a page as a screen reader would: the words, the headings, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.inside = ""
        self.attributes: list[tuple[str, str | None]] = []
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "title":
            self.title += data
        else:
            self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def same_words(html: str, text: str) -> bool:
    return " ".join("".join(read(html).words).split()) == " ".join(text.split())


def cells() -> Iterator[tuple[Route, Role]]:
    for one in routes():
        for role in sorted(one.roles):
            yield one, role


def told(one: Route, role: Role, *, full: bool) -> tuple[dict[str, str], Written]:
    """Write what this route tells this role: of everything, or of C0 from the barest concern."""
    concern = everything_known() if full else as_routed(one, barest())
    classes = one.classes if full else {C0}
    due = NOW if one.reply_within or full else None
    decision = notify(role, one.notice, classes, lane=one.lane, reply_due=due)
    found = facts(decision, concern, one.event)
    return found, shipped_words().write(one.notice, role, found)


@pytest.mark.parametrize("full", [False, True])
def test_every_notice_for_every_role_says_what_a_notice_must_in_its_barest_and_fullest_shape(
    full: bool,
) -> None:
    seen = 0
    for one, role in cells():
        found, written = told(one, role, full=full)

        places = [written.text.index(f"\n{heading}\n") for heading in HEADINGS]
        assert places == sorted(places)
        assert written.text.startswith(f"{found['concern_ref']}\n")
        assert found["ack_code"] in written.text
        assert found["ack_page"] in written.text
        assert found["basis"] in written.text
        assert found.get("handling", "") in written.text
        assert found["leo_phone"] in written.text or found["coordinator_phone"] in written.text
        assert not re.search(r"\{\{|\{%|[\ue000\ue001]|\*\*| ,| \.|\.\.|,,|  ", written.text)
        assert same_words(written.html, written.text)
        seen += 1
    assert seen > 80


def test_the_page_is_complete_and_loads_nothing_from_anywhere() -> None:
    for one, role in cells():
        found, written = told(one, role, full=True)

        page = read(written.html)

        assert page.title == found["concern_ref"]
        assert ("lang", "en-GB") in page.attributes
        assert page.tags.count("h1") == 1
        assert page.tags.count("h2") == len(HEADINGS)
        assert {"name", "content", "style", "charset", "lang", "href"} >= {
            name for name, _ in page.attributes
        }
        links = {value for name, value in page.attributes if name == "href"}
        assert found["ack_page"] in links
        assert all(str(link).startswith((found["ack_page"], "tel:+")) for link in links)
        assert "max-width" in written.html
        assert "overflow-wrap:anywhere" in written.html  # nothing is wider than 320 px


def test_a_body_is_at_most_120_words_as_the_model_notices_count_them() -> None:
    too_long = {t.path: t.words for t in shipped_words().templates.values() if t.words > 120}

    assert too_long == {}


def test_the_facts_of_a_template_are_all_that_jinja_says_it_names() -> None:
    environment = Environment(autoescape=True)
    for template in shipped_words().templates.values():
        tree = environment.parse(template.body)
        assert template.facts == meta.find_undeclared_variables(tree), template.path


def test_the_shipped_words_keep_the_law_for_every_agreed_route() -> None:
    assert words_faults(shipped_words(), pack_now()) == ()


PACKS = sorted(p.name for p in POLICY.iterdir() if p.is_dir())


@cache
def shipped_pack(name: str) -> Pack:
    return load({file.name: file.read_text(encoding="utf-8") for file in (POLICY / name).iterdir()})


@pytest.mark.parametrize("name", PACKS)
def test_the_shipped_words_keep_the_law_of_every_shipped_pack(name: str) -> None:
    pack = shipped_pack(name)

    assert pack.routes
    assert words_faults(shipped_words(), pack) == ()


def test_every_shipped_template_is_used_by_some_role() -> None:
    words = shipped_words()
    used = {
        words.template_for(route.notice, role)
        for name in PACKS
        for route in shipped_pack(name).routes
        for role in route.roles
    }

    assert {t.path for t in words.templates.values()} == {t.path for t in used if t}


def test_M069_the_providers_words_are_fair_and_hint_at_nothing() -> None:
    for one, role in cells():
        if role is Role.PROVIDER:
            for full in (False, True):
                _, written = told(one, role, full=full)

                hints = (
                    r"police|investigat|inspect|releas|suspect|crim|withh|whistle|\brev\b|\bno\. "
                )
                assert not re.search(hints, written.text, re.IGNORECASE)


def test_M101_closure_is_signed_by_the_Chair() -> None:
    for one, role in cells():
        if one.notice == "closure-notice":
            _, written = told(one, role, full=False)

            assert "\nRuth Pemberton, Chair\n" in written.text


def test_M026_the_alert_to_a_placing_authority_lists_its_own_adults() -> None:
    words = shipped_words()
    found = facts(notify(Role.PLACING_AUTHORITY, "x", {C0, C1, C2}), everything_known())

    written = words.write("placing-authority-alert", Role.PLACING_AUTHORITY, found)

    assert "We believe these people are yours: SY-1, SY-2." in written.text


def test_M044_the_regulator_reads_themes_by_key_question() -> None:
    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), everything_known())

    written = shipped_words().write("concern-opened", Role.REGULATOR, found)

    assert "Themes by key question: Safe: medicines given late" in written.text


def test_a_role_without_an_override_reads_the_common_words() -> None:
    words = shipped_words()

    icb = words.template_for("concern-opened", Role.HOST_ICB)
    regulator = words.template_for("concern-opened", Role.REGULATOR)

    assert icb is not None
    assert icb.path == "concern-opened/notice.md.j2"
    assert regulator is not None
    assert regulator.path == "concern-opened/regulator.md.j2"


def test_a_notice_without_words_is_never_written_empty() -> None:
    with pytest.raises(NoWords):
        shipped_words().write("police-advice", Role.PROVIDER, {})


ANY_VALUE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "**bold** _it_ [x](http://evil.example) `code`",
            "# Heading\n\n- item\n\n1. one\n\n> quote\n\n---",
            "<script>alert(1)</script><img src=x onerror=y>&amp;",
            "{{ 7 * 7 }}{% if a %}{# c #}{% raw %}",
            "one\r\ntwo\rthree\n\n\n**four**",
            "\ue000leoname\ue001 \ue000conc",
            "x" * 10_000,
            "a b " * 2_500,
        ]
    ),
)


@settings(deadline=None)
@given(value=ANY_VALUE, other=ANY_VALUE)
def test_a_value_never_changes_the_structure_of_a_notice(value: str, other: str) -> None:
    markdown = f"**Head.** *a {slot('risk_level')}* b\n\n- {slot('leo_name')}\n- c\n"
    laid = lay(markdown, FACT_CLASSES, "concern_ref")
    plain = {"risk_level": "R", "leo_name": "L", "concern_ref": "PC-1"}
    evil = {**plain, "risk_level": value, "leo_name": other}

    page = read(fill_html(laid, evil))

    without_breaks = [tag for tag in page.tags if tag != "br"]
    assert without_breaks == read(fill_html(laid, plain)).tags
    assert fill_text(laid, evil) == (f"PC-1\n\nHead.\na {value} b\n\n- {other}\n- c\n")


@settings(deadline=None)
@given(
    value=st.text(
        st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), max_size=300
    ).filter(str.strip)
)
def test_the_text_and_the_page_say_the_same_whatever_the_values(value: str) -> None:
    words = shipped_words()
    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), everything_known())

    written = words.write("concern-opened", Role.REGULATOR, {**found, "risk_level": value})

    assert same_words(written.html, written.text)


def test_line_ends_in_a_value_stay_readable() -> None:
    laid = lay(f"Evidence: {slot('cause')}.", FACT_CLASSES, "concern_ref")
    values = {"cause": "one\ntwo", "concern_ref": "PC-1"}

    assert "one<br>\ntwo" in fill_html(laid, values)
    assert "one\ntwo" in fill_text(laid, values)


def test_a_phone_that_is_no_number_is_no_link() -> None:
    laid = lay(slot("duty_phone"), FACT_CLASSES, "concern_ref")
    values = {"duty_phone": 'x" onclick="y', "concern_ref": "PC-1"}

    assert "<a" not in fill_html(laid, values)


def test_lists_are_laid_out_for_both_kinds_of_reader() -> None:
    laid = lay("Bring:\n\n- plans\n  - yours\n- names\n\nand go.", FACT_CLASSES, "concern_ref")
    values = {"concern_ref": "PC-1"}

    assert "Bring:\n\n- plans\n  - yours\n- names\n\nand go.\n" in fill_text(laid, values)
    assert "<li>names</li>" in fill_html(laid, values)


def test_ordered_lists_keep_their_numbers_in_text() -> None:
    laid = lay("1. ring\n2. write\n", FACT_CLASSES, "concern_ref")

    assert "1. ring\n2. write\n" in fill_text(laid, {"concern_ref": "PC-1"})


def test_a_template_is_laid_out_once_for_each_shape() -> None:
    words = load_words(shipped_sources())
    found = facts(notify(Role.REGULATOR, "x", {C0, C1}), everything_known())
    fewer = {name: value for name, value in found.items() if name != "affected_count"}

    for values in (found, found, {**found, "risk_level": "low"}, fewer):
        words.write("concern-opened", Role.REGULATOR, values)

    assert len(words._laid) == 2


def template(body: str, subject: str = "{{ concern_ref }}") -> str:
    return f"---\nsubject: {subject}\n---\n{body}"


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("Hello", 1, "front matter"),
        ("---\nsubject: {{ concern_ref }}\nHello", 1, "front matter"),
        ("---\n---\nHello", 1, "no `subject"),
        (template("x", "{{ concern_ref }} {{ location_name }}"), 2, "names nobody|nothing else"),
        (template("x", "Urgent"), 2, "nothing else"),
        ("---\nsubject: {{ concern_ref }}\nto: x\n---\n", 3, "`to` is not of the front matter"),
        (template("a\n{{ refferer }}"), 5, "did you mean `referrer`"),
        (template("{{ password_of_everybody }}"), 4, "not a fact a notice may show"),
        (template("{% if zebra is defined %}x{% endif %}"), 4, "not a fact"),
        (template("a\n\n{% for x in stage %}{{ stage }}{% endfor %}"), 6, "`For`"),
        (template("{% set x = 1 %}"), 4, "`Assign`"),
        (template("{% include 'x' %}"), 4, "`Include`"),
        (template("{% macro m() %}x{% endmacro %}"), 4, "`Macro`"),
        (template("{% block b %}x{% endblock %}"), 4, "`Block`"),
        (template("{% extends 'x' %}"), 4, "`Extends`"),
        (template("{{ stage|safe }}"), 4, "`Filter`"),
        (template("{{ stage.upper() }}"), 4, "`Call`"),
        (template("{{ stage.x }}"), 4, "`Getattr`"),
        (template("{{ stage[0] }}"), 4, "`Getitem`"),
        (template("{{ stage ~ stage }}"), 4, "`Concat`"),
        (template("{{ 'a' if stage is defined else 'b' }}"), 4, "`CondExpr`"),
        (template("{{ 1 + 1 }}"), 4, "`Add`"),
        (template("{% if stage == 'findings' %}x{% endif %}"), 4, "may only ask whether"),
        (template("{% if stage %}x{% endif %}"), 4, "may only ask whether"),
        (template("{% if stage is undefined %}x{% endif %}"), 4, "may only ask whether"),
        (template("{% if stage is sameas(stage) %}x{% endif %}"), 4, "may only ask whether"),
        (template("{% if risk_level is defined %}x{% else %}y{% endif %}"), 4, "hint"),
        (template("{% if not risk_level is defined %}y{% endif %}"), 4, "hint"),
        (
            template(
                "{% if risk_level is defined and (not themes_plain is defined) %}y{% endif %}"
            ),
            4,
            "hint",
        ),
        (template("# Heading"), 4, "`#`"),
        (template("a\nb <b>c</b>"), 5, "`<`"),
        (template("[x](y)"), 4, r"`\["),
        (template("a\u202eb"), 4, r"U\+202E"),
        (template("a\ue000b"), 4, r"U\+E000"),
        (template("a {{ stage"), 4, "unexpected|end of"),
        (template("a\n{% if %}"), 5, "."),
    ],
)
def test_a_template_that_does_more_than_show_facts_is_refused_with_its_line(
    source: str, line: int, says: str
) -> None:
    with pytest.raises(WordsFaults) as refused:
        load_words({"concern-opened/notice.md.j2": source})

    assert any(
        fault.file == "concern-opened/notice.md.j2"
        and fault.line == line
        and re.search(says, fault.says)
        for fault in refused.value.faults
    ), refused.value.faults


def test_every_fault_of_every_file_is_listed_with_its_place() -> None:
    sources = {
        "a/notice.md.j2": template("{{ zebra }}\n\n{% set x = 1 %}"),
        "b/nobody.md.j2": template("x"),
        "B/notice.md.j2": template("x"),
        "c/notice.md": template("x"),
    }

    with pytest.raises(WordsFaults) as refused:
        load_words(sources)

    places = [(fault.file, fault.line) for fault in refused.value.faults]
    assert places == [
        ("B/notice.md.j2", 1),
        ("a/notice.md.j2", 4),
        ("a/notice.md.j2", 6),
        ("b/nobody.md.j2", 1),
        ("c/notice.md", 1),
    ]
    message = str(refused.value)
    assert message.startswith("The message templates cannot be used.")
    assert "a/notice.md.j2:6: `Assign`" in message


def law(body: str, role: Role, *routed: Route, file: str = "notice") -> list[str]:
    words = load_words({f"concern-opened/{file}.md.j2": template(body)})
    return [str(f) for f in words_faults(words, replace(pack_now(), routes=routed or _own(role)))]


def _own(role: Role, *classes: InfoClass) -> tuple[Route, ...]:
    return (route("concern.opened", "concern-opened", {role}, *(classes or (C0, C1))),)


def test_a_template_that_keeps_the_law_has_no_faults() -> None:
    body = "{% if risk_level is defined %}{{ themes_plain }} {{ risk_level }}{% endif %}\n\n"

    assert law(body + TAIL, Role.REGULATOR) == []


def test_a_template_that_mentions_a_fact_too_many_is_refused_at_start_with_file_and_line() -> None:
    body = "a\n\n{% if referrer is defined %}\n{{ referrer }}{% endif %}\n\n" + TAIL

    faults = law(body, Role.REGULATOR, file="regulator")

    says = "`referrer` is of class `referrer`, which the pack never shares with the regulator"
    assert faults == [
        f"concern-opened/regulator.md.j2:6: {says}",
        f"concern-opened/regulator.md.j2:7: {says}",
    ]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PROVIDER}))
def test_words_for_everybody_show_no_fact_too_many_without_a_condition(role: Role) -> None:
    body = "a\n\n{{ referrer }}\n\n" + TAIL

    faults = law(body, role)

    says = f"`referrer` is of class `referrer`, which the pack never shares with the {role}"
    assert faults == [f"concern-opened/notice.md.j2:6: {says}"]


def test_words_for_everybody_may_mention_on_condition_what_some_of_their_readers_are_told() -> None:
    body = "{% if own_record_numbers is defined %}{{ own_record_numbers }}{% endif %}\n\n" + TAIL
    routed = (
        route("concern.opened", "concern-opened", {Role.PLACING_AUTHORITY}, C0, C2),
        route("concern.opened", "concern-opened", {Role.REGULATOR}, C0),
    )

    assert law(body, Role.REGULATOR, *routed) == []


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.ADULTS])
def test_the_provider_and_adults_never_read_words_that_mention_what_others_are_told(
    role: Role,
) -> None:
    body = "{% if referrer is defined %}x{% endif %}\n\n" + TAIL

    faults = law(body, role)

    says = f"`referrer` is of class `referrer`, which the pack never shares with the {role}"
    assert f"concern-opened/notice.md.j2:4: {says}" in faults


def test_a_class_the_pack_shares_but_no_route_of_the_notice_does_is_refused_too() -> None:
    body = "{% if own_record_numbers is defined %}x{% endif %}" + TAIL

    (fault,) = law(body, Role.PLACING_AUTHORITY, file="placing-authority")

    assert "no route of it shares with the placing authority" in fault


def test_a_class_that_one_of_two_routes_shares_needs_its_condition_only() -> None:
    body = "{% if criminal_status is defined %}{{ criminal_status }}{% endif %}" + TAIL
    both = (
        *_own(Role.POLICE),
        route("criminal.status.declared", "concern-opened", {Role.POLICE}, C0, C4),
    )

    assert law(body, Role.POLICE, *both, file="police") == []
    assert len(law(body, Role.POLICE, file="police")) == 1


def test_a_fact_that_may_be_absent_must_be_asked_for_first() -> None:
    (fault,) = law("{{ risk_level }}" + TAIL, Role.REGULATOR)

    assert "concern-opened/notice.md.j2:4: `risk_level` may be absent" in fault


@pytest.mark.parametrize(
    "body",
    [
        "{% if stage is defined %}{{ reply_due }}{% endif %}",
        "{% if reply_due is defined %}x{% else %}{{ reply_due }}{% endif %}",
        "{% if reply_due is defined or stage is defined %}{{ reply_due }}{% endif %}",
        "{% if reply_due is defined %}x{% elif stage is defined %}{{ reply_due }}{% endif %}",
        "{% if not reply_due is defined %}{{ reply_due }}{% endif %}",
        "{% if not (reply_due is defined and stage is defined) %}{{ reply_due }}{% endif %}",
    ],
)
def test_a_condition_that_does_not_make_it_certain_does_not_count(body: str) -> None:
    (fault,) = law(body + TAIL, Role.REGULATOR)

    assert "`reply_due` may be absent" in fault


@pytest.mark.parametrize(
    "body",
    [
        "{% if reply_due is defined and stage is defined %}{{ reply_due }}{% endif %}",
        "{% if not reply_due is defined %}x{% else %}{{ reply_due }}{% endif %}",
        "{% if reply_due is not defined %}x{% else %}{{ reply_due }}{% endif %}",
        "{% if cause is defined and stage is defined %}{{ press_office }}{% endif %}",
        "{% if not (closed_on is defined and stage is defined) %}{% else %}{{ ending }}{% endif %}",
        "{% if escalate_at is defined %}{{ reply_due }}{{ on_call_role }}{% endif %}",
    ],
)
def test_a_condition_that_makes_it_certain_counts(body: str) -> None:
    assert law(body + TAIL, Role.REGULATOR) == []


def test_what_the_route_makes_certain_needs_no_condition() -> None:
    body = "{{ press_office }} {{ reply_due }} {{ on_call_role }}\n\n" + TAIL
    when = position("emergency")
    urgent = route(
        HOLDS_CHANGED,
        "concern-opened",
        {Role.POLICE},
        C0,
        lane=Lane.IMMEDIATE,
        within=routes()[0].reply_within,
        when=when,
    )

    assert law(body, Role.POLICE, urgent) == []
    assert law(body, Role.POLICE, replace(urgent, when=position("open"))) != []


@pytest.mark.parametrize(
    ("tail", "role", "says"),
    [
        (TAIL.replace("{{ leo_phone }}", "x"), Role.REGULATOR, "whom to answer"),
        (TAIL.replace("{{ ack_code }}", "x"), Role.REGULATOR, "how to acknowledge"),
        (TAIL.replace("{{ handling }}", "x"), Role.REGULATOR, "not shown `handling`"),
        (
            TAIL.replace(
                "{{ handling }}", "{% if risk_level is defined %}{{ handling }}{% endif %}"
            ),
            Role.REGULATOR,
            "not shown `handling`",
        ),
        (TAIL, Role.PROVIDER, "`handling` may be absent for the provider"),
        (TAIL.replace("OFFICIAL-SENSITIVE", "x"), Role.POLICE, "say `OFFICIAL-SENSITIVE`"),
        (
            TAIL.replace(
                "OFFICIAL-SENSITIVE", "{% if risk_level is defined %}OFFICIAL-SENSITIVE{% endif %}"
            ),
            Role.PROVIDER,
            "say `OFFICIAL-SENSITIVE`",
        ),
    ],
)
def test_every_reader_is_told_whom_to_answer_how_to_acknowledge_and_how_to_handle(
    tail: str, role: Role, says: str
) -> None:
    assert any(says in fault for fault in law(tail, role))


@pytest.mark.parametrize("word", ["police", "Investigation", "released", "inspection", "suspected"])
def test_no_notice_but_to_the_police_says_a_word_that_tells_what_is_held(word: str) -> None:
    for role in sorted(PARTNERS | OTHERS):
        faults = law(f"a\n\nThe {word} thing.\n\n{TAIL}", role)

        assert any(f":6: `{word}` would tell" in fault for fault in faults) is (
            role is not Role.POLICE
        )


@pytest.mark.parametrize(
    ("asks", "refused"),
    [("phone {organisation}: a crime is suspected", True), ("phone {organisation}", False)],
)
def test_what_a_ladder_asks_by_mail_may_not_say_what_is_held(asks: str, refused: bool) -> None:
    shipped = shipped_pack("west-sussex")
    first = shipped.ladders[0]
    step = replace(first.steps[0], ask=asks)
    pack = replace(shipped, ladders=(replace(first, steps=(step,)), *shipped.ladders[1:]))

    faults = [str(fault) for fault in words_faults(shipped_words(), pack)]

    assert any("asks says `crime`, and it is told by mail" in fault for fault in faults) is refused
    assert bool(faults) is refused


def test_a_caveat_or_a_purpose_that_tells_what_is_held_is_refused() -> None:
    pack = replace(
        pack_now(),
        handling="The police ask you to say nothing.",
        purposes={"tell": "Told as the police released it"},
        shares=(share("S1", Role, *InfoClass),),
    )

    said = [str(fault) for fault in words_faults(shipped_words(), pack)]

    assert "west-sussex handling:1: the handling caveat says `police`" in said[-1]
    assert sum("the provider reads" in fault for fault in said) == 2


def test_a_route_without_words_is_a_fault() -> None:
    faults = words_faults(load_words({}), pack_now())

    assert len({fault.file for fault in faults}) == 12
    assert "no words for it" in faults[0].says


def test_the_emergency_notice_asks_for_the_co_ordinator_and_never_names_the_concern() -> None:
    found = facts(
        notify(Role.POLICE, "x", {C0}, lane=Lane.IMMEDIATE, reply_due=NOW), in_emergency(barest())
    )

    written = shipped_words().write("emergency-closure", Role.POLICE, found)

    assert "Iris Vale, +44 1632 960109, all hours." in written.text
    assert "we ring your director on call" in written.text
    assert "concern" not in written.text.replace(found["ack_page"], "").lower().replace(
        found["purpose"].lower(), ""
    )
