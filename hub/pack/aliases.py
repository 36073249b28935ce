"""Other words for the hub's own: what a partnership still calls things (`[alias]`).

Groups are renamed in the middle of a concern (S20: CCG to ICB, QSIG to QASIG) and the case systems
follow one by one. A pack says which older or local word means which of the hub's words; its own
files may use them, and so may events of the partnership. What was sent is kept as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.pack.faults import nearest
from hub.pack.sheet import Sheet
from hub.vocabulary import Role

ALIAS: Final = "alias"
KINDS: Final = ("council", "icb", "la", "nhs")
"""The hub's words for what a commissioner or a lead agency is, which events use beside roles."""
_OURS: Final = (*Role, *KINDS)
_TAKEN: Final = frozenset({*_OURS, "everybody", "everybody else", "chair", "lead agency"})
_OF_ROLES: Final = frozenset(
    {
        *("with", "from", "to", "on_decision_of", "released_by", "recorded_by"),
        *("place", "endorse", "release", "expect", "never", "due", "tell"),
    }
)
"""The keys of a pack's tables whose words are roles."""
_NAMES: Final = "names"


def read_aliases(sheet: Sheet) -> Mapping[str, str]:
    """Read `[alias]` of `sharing.toml`: another word, in lower case, and the hub's own for it."""
    found = sheet.content.get(ALIAS, {})
    aliases: dict[str, str] = {}
    for word, ours in found.items() if isinstance(found, dict) else ():
        other = word.casefold()
        if other in _TAKEN or other in aliases:
            sheet.fault((ALIAS, word), f"`{word}` has a meaning already")
        elif ours not in _OURS:
            meant = nearest(str(ours), tuple(map(str, _OURS)))
            sheet.fault((ALIAS, word), f"`{ours}` is no role and no kind of agency", meant)
        else:
            aliases[other] = str(ours)
    return aliases


def resolve(sheet: Sheet, aliases: Mapping[str, str]) -> None:
    """Put the hub's own words in the place of other words for roles, throughout one file."""
    for name, tables in sheet.content.items() if aliases else ():
        if name == _NAMES:
            sheet.content[name] = _ours(tables, aliases)
        for table in tables if isinstance(tables, list) else ():
            for key in _OF_ROLES & table.keys() if isinstance(table, dict) else ():
                table[key] = _ours(table[key], aliases)


def _ours(said: Any, aliases: Mapping[str, str]) -> Any:  # noqa: ANN401 - as TOML has it
    match said:
        case str():
            return aliases.get(said.casefold(), said)
        case list():
            return [_ours(one, aliases) for one in said]
        case dict():
            return {_ours(word, aliases): rest for word, rest in said.items()}
        case _:
            return said
