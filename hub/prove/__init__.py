"""Prove a pack before it may be used, over the whole enumerated domain (rules.md, last section).

What is proved, for every event and `holds.changed`, every role, and every value of every fact that
a rule of that cell asks for, unknown included: there is exactly one answer; no rule is without
effect; every `never` is a theorem; every example comes out as its owner says; every role can be
reached; every template stays inside what its readers may be told.
"""

from __future__ import annotations

from hub.compose.words import Words, words_faults
from hub.directory import Directory
from hub.pack.faults import PackFault
from hub.pack.rules import Pack
from hub.prove.answers import walk
from hub.prove.effects import effect_faults
from hub.prove.examples import example_faults
from hub.prove.matrix import matrix_faults, theorem_faults
from hub.prove.reach import reach_faults


def prove(pack: Pack, words: Words, directory: Directory) -> tuple[PackFault, ...]:
    """Return everything that keeps this pack from being used, sorted by file and line; empty: none.

    Pure. What it does not prove is that the agreement itself is right.
    """
    seen = walk(pack)
    faults = [*seen.faults, *effect_faults(pack, seen), *matrix_faults(pack)]
    faults += [*theorem_faults(pack), *example_faults(pack), *reach_faults(pack, directory)]
    faults += [
        PackFault(file=f"message_templates/{fault.file}", line=fault.line, says=fault.says)
        for fault in words_faults(words, pack)
    ]
    return tuple(sorted(set(faults), key=lambda fault: (fault.file, fault.line, fault.says)))
