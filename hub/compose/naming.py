"""What this partnership and this nation call things: names of bodies, and what notices cite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hub.concern import Concern, Party
from hub.directory import Directory, regulator_for
from hub.pack.rules import Pack
from hub.vocabulary import Role

FRAMEWORK: Final = "framework"
_NAMED: Final = {
    "icb_name": Role.HOST_ICB,
    "qsig_name": Role.QSIG,
    "spcg_name": Role.SPCG,
}
_CITED: Final = {
    FRAMEWORK: "framework",
    "board_law": "board request",
    "failure_law": "temporary duty",
    "oversight_law": "market oversight",
    "notification_law": "incident notification",
}
NAMES: Final = ("regulator_name", *_NAMED)
"""What every notice has: who regulates, and what the bodies of a partnership are called."""
ABROAD: Final = "own_regulator"
"""Of a reader in another nation: who regulates care at home, and not here (S5)."""
FACTS: Final = (*NAMES, ABROAD, *_CITED)
_REGULATORS: Final = {
    "regulator:cqc": "Care Quality Commission",
    "regulator:ciw": "Care Inspectorate Wales",
    "regulator:care-inspectorate": "Care Inspectorate",
    "regulator:rqia": "Regulation and Quality Improvement Authority",
}
"""Their names where a directory has none of them: no notice goes to another nation's."""

_CITATION: Final = re.compile(r" ?\(Framework (?P<where>[^()]+)\)")
"""How a template cites a paragraph of the framework."""


def naming_facts(pack: Pack, concern: Concern, directory: Directory) -> dict[str, str | None]:
    """Return what is called what here; what a pack does not say, its notices do not cite."""
    regulator = directory.agency(concern.regulator)
    return {
        "regulator_name": regulator.name if regulator else concern.regulator,
        **{fact: pack.names.get(role, role) for fact, role in _NAMED.items()},
        **{fact: pack.words.get(subject) for fact, subject in _CITED.items()},
    }


def abroad_facts(party: Party, concern: Concern, directory: Directory) -> dict[str, str | None]:
    """Return who regulates care where this reader is, where that is another nation (S5)."""
    return {ABROAD: _abroad(party, concern, directory)}


def _abroad(party: Party, concern: Concern, directory: Directory) -> str | None:
    at_home = regulator_for(party.agency)
    if at_home is None or at_home == concern.regulator:
        return None
    known = directory.agency(at_home)
    return known.name if known else _REGULATORS.get(at_home)


def cited(markdown: str, slots: Mapping[str, str]) -> str:
    """Return a notice that cites its framework by the name it has here, or does not cite it.

    The paragraphs that templates name are those of one framework; where another nation's pack names
    none, a citation would send its readers to what they have not got.
    """
    name = slots.get(FRAMEWORK)
    return _CITATION.sub(lambda found: f" ({name} {found['where']})" if name else "", markdown)
