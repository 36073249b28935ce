"""What closes every notice, whatever it is about: which policy decided, and if it is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PACK: Final = ("pack_partnership", "pack_version", "pack_hash")
OVERDUE: Final = "pack_review_overdue"
APPLIED: Final = "policies_applied"
CLOSING: Final = frozenset({*PACK, OVERDUE, APPLIED})
"""The facts of class C0 that no template needs to mention: every notice shows them."""

_WARNING: Final = (
    "**Policy review overdue.** The policy under which this notice is sent was due for review by "
    "{pack_review_overdue}. It stays in force, and what this notice asks of you stands."
)
_APPLIED: Final = "Also applies to this concern: {policies_applied}."
_LINE: Final = "Policy: {pack_partnership}, version {pack_version}, {pack_hash}."


def closing(slots: Mapping[str, str]) -> str:
    """Return the Markdown that closes a notice; nothing where its facts are not known.

    The warning is the same for every reader of every notice: it tells nobody anything (N047).
    """
    said = [_WARNING] if OVERDUE in slots else []
    if APPLIED in slots:
        said.append(_APPLIED)
    if all(fact in slots for fact in PACK):
        said.append(_LINE)
    return "".join(f"\n\n{line.format_map(slots)}" for line in said)


def pack_named(facts: Mapping[str, str]) -> dict[str, str]:
    """Return which pack decided, as the facts of a notice say it; empty for an older notice."""
    if not all(fact in facts for fact in PACK):
        return {}
    return {fact.removeprefix("pack_"): facts[fact] for fact in PACK}
