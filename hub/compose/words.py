"""The words of every notice, and the law they must keep before the hub may start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from hub.compose.closing import CLOSING, closing
from hub.compose.facts import FACT_CLASSES
from hub.compose.late import LATE, opening
from hub.compose.naming import FRAMEWORK, cited
from hub.compose.printed import PATH, read_printed
from hub.compose.shapes import certain
from hub.compose.slots import Laid, fill_html, fill_text, lay, slot
from hub.compose.template import Mention, Template, TemplateFault, read_template
from hub.obligation import SAID_OPENLY
from hub.pack.rules import Pack, Route
from hub.vocabulary import HubError, InfoClass, Role

_TITLE: Final = "concern_ref"
_TELLTALE: Final = re.compile(
    r"\b(police|crim\w*|investigat\w*|inspections?|release[ds]?|suspect\w*|withh\w+|on hold"
    r"|whistle\w*|intelligence)\b",
    re.IGNORECASE,
)
"""Words that would tell a reader what is held and why (notices.md; semantics 6)."""
_TO_ANSWER: Final = (
    frozenset({"leo_name", "leo_phone"}),
    frozenset({"coordinator_name", "coordinator_phone"}),
)
_MARK_DUTY: Final = "mark OFFICIAL-SENSITIVE"
_MARK: Final = "OFFICIAL-SENSITIVE"
_TO_ACKNOWLEDGE: Final = frozenset({"ack_code", "ack_page"})


class WordsFaults(HubError):
    """The message templates cannot be used."""

    def __init__(self, faults: Iterable[TemplateFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n" + "\n".join(str(fault) for fault in self.faults))


class NoWords(HubError):
    """There are no words for this notice and this role."""


_OWN_WORDS: Final = frozenset({Role.PROVIDER, Role.ADULTS})
"""Whose words mention nothing that they themselves may not be told, on no condition either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One notice in words: the same in HTML and in plain text."""

    html: str = field(repr=False)
    text: str = field(repr=False)
    shown: tuple[str, ...]
    """The facts shown, in the order of reading."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """Every template, by notice and role. Laid out once for each shape that comes up."""

    templates: Mapping[tuple[str, Role | None], Template]
    printed: Mapping[tuple[str, str], Template] = field(default_factory=dict)
    """What is printed for adults and carers, by notice and form."""
    _laid: dict[tuple[str, frozenset[str]], Laid] = field(
        default_factory=dict, repr=False, compare=False
    )

    def template_for(self, notice: str, role: Role) -> Template | None:
        """Return the role's own words for a notice, else everybody's; None where there are none."""
        return self.templates.get((notice, role)) or self.templates.get((notice, None))

    def write(self, notice: str, role: Role, facts: Mapping[str, str]) -> Written:
        """Write a notice from the permitted facts alone. Raises NoWords without a template."""
        template = self.template_for(notice, role)
        if template is None:
            raise NoWords(f"({notice}, {role})")
        shape = (template.facts | CLOSING).union(LATE, {FRAMEWORK}).intersection(facts)
        laid = self._laid.get((template.path, shape))
        if laid is None:
            laid = self._laid[template.path, shape] = _lay_out(template, shape)
        return Written(html=fill_html(laid, facts), text=fill_text(laid, facts), shown=laid.shown)


def load_words(sources: Mapping[str, str]) -> Words:
    """Return the words from template sources by path (`concern-opened/police.md.j2`).

    Raises WordsFaults with every fault of every file, with its line.
    """
    read = [
        (read_printed if PATH.fullmatch(path) else read_template)(path, source)
        for path, source in sorted(sources.items())
    ]
    faults = [fault for one in read if not isinstance(one, Template) for fault in one]
    if faults:
        raise WordsFaults(faults)
    sound = [one for one in read if isinstance(one, Template)]
    return Words(
        templates={(t.notice, t.role): t for t in sound if not PATH.fullmatch(t.path)},
        printed={(t.notice, p["form"]): t for t in sound if (p := PATH.fullmatch(t.path))},
    )


def words_faults(words: Words, pack: Pack) -> tuple[TemplateFault, ...]:
    """Return every way in which these words break the template law for this pack; empty: none.

    For each route and role: there is a template; every fact it mentions is of a class that a route
    of this notice shares with this role and that the pack may ever share with it; what may be
    absent has a condition; the reader is told whom to answer and how to acknowledge; an agency
    reads the handling caveat; the marking that a share asks for is there (semantics 4); nothing,
    what ladders ask of desks included, tells a reader what is held (semantics 6).
    """
    found: dict[TemplateFault, None] = {}
    for route in pack.routes:
        for role in sorted(route.roles):
            template = words.template_for(route.notice, role)
            if template is None:
                says = f"route {route.id} tells the {role}, and there are no words for it"
                where = f"{route.notice}/notice.md.j2"
                found[TemplateFault(file=where, line=1, says=says)] = None
                continue
            found.update(dict.fromkeys(_faults(template, route, role, pack)))
    found.update(dict.fromkeys(_handling_faults(pack)))
    found.update(dict.fromkeys(_asking_faults(pack)))
    return tuple(sorted(found, key=lambda fault: (fault.file, fault.line, fault.says)))


def _lay_out(template: Template, shape: frozenset[str]) -> Laid:
    slots = {fact: Markup(slot(fact)) for fact in shape}  # noqa: S704  # a slot of ours, no value
    own = cited(template.markdown(slots).strip(), slots)
    whole = opening(slots) + own + closing(slots)
    return lay(whole, FACT_CLASSES, _TITLE)


def _faults(template: Template, route: Route, role: Role, pack: Pack) -> Iterator[TemplateFault]:
    yield from _too_much(template, route, role, pack)
    yield from _too_little(template, route, role)
    duties = {duty for share in pack.shares if role in share.roles for duty in share.duties}
    if _MARK_DUTY in duties and _MARK not in template.always_says:
        says = f"the pack asks to mark what the {role} is told: say `{_MARK}`"
        yield TemplateFault(file=template.path, line=1, says=says)
    if role is not Role.POLICE:
        yield from _telltales(template, role)


def _too_much(template: Template, route: Route, role: Role, pack: Pack) -> Iterator[TemplateFault]:
    """Yield each fact that this role could be told and is not entitled to."""
    # One template may serve several routes, so a route that shares less leaves some facts out.
    routed = _union(r.classes for r in pack.routes if r.notice == route.notice and role in r.roles)
    ever = _union(share.classes for share in pack.shares if role in share.roles)
    there = certain(route, role)
    for mention in template.mentions:
        info = FACT_CLASSES[mention.fact]
        if info not in routed or info not in ever:
            if _for_others(template, mention, role):
                continue
            why = "no route of it shares" if info in ever else "the pack never shares"
            says = f"`{mention.fact}` is of class `{info}`, which {why} with the {role}"
            yield TemplateFault(file=template.path, line=mention.line, says=says)
        elif mention.shown and mention.fact not in mention.known | there:
            says = (
                f"`{mention.fact}` may be absent for the {role} on route {route.id}: "
                f"put it in `{{% if {mention.fact} is defined %}}`"
            )
            yield TemplateFault(file=template.path, line=mention.line, says=says)


def _for_others(template: Template, mention: Mention, role: Role) -> bool:
    """Whether general words mention, on condition, what some of their readers are told.

    What a reader is not entitled to is no fact of its notice, so the condition fails for it. The
    provider, and adults and their carers, never read words that mention what others are told.
    """
    conditional = not mention.shown or mention.fact in mention.known
    return template.role is None and conditional and role not in _OWN_WORDS


def _too_little(template: Template, route: Route, role: Role) -> Iterator[TemplateFault]:
    """Yield what every reader must be shown, under no condition, and is not."""
    there = certain(route, role)
    always = {m.fact for m in template.mentions if m.shown and m.known <= there}
    if not any(people <= always for people in _TO_ANSWER):
        says = f"the {role} is not told whom to answer: `leo_name` and `leo_phone`"
        yield TemplateFault(file=template.path, line=1, says=says)
    if not always >= _TO_ACKNOWLEDGE:
        says = f"the {role} is not told how to acknowledge: `ack_code` and `ack_page`"
        yield TemplateFault(file=template.path, line=1, says=says)
    if role is not Role.PROVIDER and "handling" not in always:
        says = f"the {role} is not shown `handling`, the one caveat that tells nobody anything"
        yield TemplateFault(file=template.path, line=1, says=says)


def _telltales(template: Template, role: Role) -> Iterator[TemplateFault]:
    for line, words in template.says:
        for word in _TELLTALE.findall(words):
            says = f"`{word}` would tell the {role} what may be held from it, and why"
            yield TemplateFault(file=template.path, line=line, says=says)


def _handling_faults(pack: Pack) -> Iterator[TemplateFault]:
    for caveat in (pack.handling, pack.handling_once_informed):
        for word in _TELLTALE.findall(caveat):
            says = f"the handling caveat says `{word}`: it must be the same whatever is held"
            yield TemplateFault(file=f"{pack.partnership} handling", line=1, says=says)
    for said in (*pack.names.values(), *pack.words.values()):
        for word in _TELLTALE.findall(said):
            says = f"what a notice calls `{said}` says `{word}`, and everybody may read it"
            yield TemplateFault(file=f"{pack.partnership} names", line=1, says=says)
    for share in pack.shares:
        if Role.PROVIDER in share.roles:
            said = f"{pack.purposes.get(share.purpose, share.purpose)} {share.basis}"
            for word in _TELLTALE.findall(said):
                says = f"the provider reads `{word}` in the purpose or basis of {share.id}"
                yield TemplateFault(file=share.where.file, line=share.where.line, says=says)


def _asking_faults(pack: Pack) -> Iterator[TemplateFault]:
    """Yield what a desk's list would say of what is held: a mail carries what a ladder asks."""
    for ladder in pack.ladders:
        if ladder.kinds and not ladder.kinds & SAID_OPENLY:
            continue
        for step in ladder.steps:
            for word in _TELLTALE.findall(step.ask):
                says = f"what {ladder.id} asks says `{word}`, and it is told by mail"
                yield TemplateFault(file=step.where.file, line=step.where.line, says=says)


def _union(classes: Iterable[frozenset[InfoClass]]) -> frozenset[InfoClass]:
    return frozenset().union(*classes)
