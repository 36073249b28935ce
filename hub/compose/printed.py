"""What a worker prints and hands to adults and carers: plain, large print, Easy Read, Welsh.

One source for each form: `<notice>/adults-and-carers.plain.md.j2` and `.easy-read.md.j2`, and
`.cymraeg.md.j2` for whoever places adults from Wales (Welsh Language Standards). Large print is
the plain words, set larger (004 7.3; the Accessible Information Standard).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from markupsafe import Markup

from hub.compose.facts import FACT_CLASSES
from hub.compose.shapes import ALWAYS
from hub.compose.slots import fill_html, lay, slot
from hub.compose.template import Template, TemplateFault, read_template
from hub.concern import Party
from hub.vocabulary import Role

PLAIN, EASY_READ, WELSH = "plain", "easy-read", "cymraeg"
PATH: Final = re.compile(
    r"(?P<notice>[a-z][a-z0-9-]*)/adults-and-carers\.(?P<form>plain|easy-read|cymraeg)\.md\.j2"
)
MAY_SAY: Final = ALWAYS - {"ack_code", "ack_page", "purpose", "basis"}
"""What is always known, and of class C0: no page shows whose else's number, or a theme."""

_SMALL_TYPE: Final = "font:16px/1.5 Arial"
_LARGE_TYPE: Final = "font:18pt/1.8 Arial"
_IN_WALES: Final = "gss:W"


def read_printed(path: str, source: str) -> Template | tuple[TemplateFault, ...]:
    """Read one template of what is printed, or return all that is wrong with it."""
    named = PATH.fullmatch(path)
    if named is None:
        return (TemplateFault(file=path, line=1, says="is no form of what adults are given"),)
    read = read_template(f"{named['notice']}/adults-and-carers.md.j2", source)
    if not isinstance(read, Template):
        return tuple(replace(fault, file=path) for fault in read)
    faults = tuple(
        TemplateFault(file=path, line=one.line, says=f"`{one.fact}` may be absent, or not for all")
        for one in read.mentions
        if one.fact not in MAY_SAY
    )
    return faults or replace(read, path=path)


def printed_for(
    forms: Mapping[tuple[str, str], Template],
    notice: str,
    party: Party,
    facts: Mapping[str, str],
) -> tuple[tuple[str, str], ...]:
    """Return each file that goes with a notice to a worker: its name, and its page of HTML."""
    if party.role is not Role.ADULTS:
        return ()
    return tuple(_pages(forms, notice, party, facts))


def _pages(
    forms: Mapping[tuple[str, str], Template],
    notice: str,
    party: Party,
    facts: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    plain = forms.get((notice, PLAIN))
    if plain is not None:
        page = _page(plain, facts)
        yield "plain.html", page
        yield "large-print.html", page.replace(_SMALL_TYPE, _LARGE_TYPE, 1)
    easy = forms.get((notice, EASY_READ))
    if easy is not None:
        yield "easy-read.html", _page(easy, facts).replace(_SMALL_TYPE, _LARGE_TYPE, 1)
    welsh = forms.get((notice, WELSH))
    if welsh is not None and party.agency.startswith(_IN_WALES):
        yield "cymraeg.html", _page(welsh, facts).replace('lang="en-GB"', 'lang="cy"', 1)


def _page(template: Template, facts: Mapping[str, str]) -> str:
    slots = {fact: Markup(slot(fact)) for fact in template.facts}  # noqa: S704  # a slot of ours
    return fill_html(lay(template.markdown(slots).strip(), FACT_CLASSES, "concern_ref"), facts)
