"""Prove a pack before it may be used, over the whole enumerated domain (rules.md, last section).

What is proved, for every event and `holds.changed`, every role, and every value of every fact that
a rule of that cell asks for, unknown included: there is exactly one answer; no rule is without
effect; every `never` is a theorem; every example comes out as its owner says; every role can be
reached; each heading of the policy has a rule (N003); every immediate notice has a ladder that ends
in nobody's silence; every template stays inside what its readers
may be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hub.compose.words import Words, words_faults
from hub.directory import Directory
from hub.pack.faults import PackFault
from hub.pack.rules import Pack
from hub.prove.answers import Memory, Seen, walk
from hub.prove.effects import effect_faults
from hub.prove.examples import example_faults
from hub.prove.headings import heading_faults
from hub.prove.ladders import ladder_faults
from hub.prove.matrix import matrix_faults, theorem_faults
from hub.prove.reach import reach_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What keeps a pack from being used, and over how many cases that was asked."""

    faults: tuple[PackFault, ...]
    """Sorted by file and line; empty: proved."""
    cases: int
    """Event x role x the values of every fact that bears on it, released or not, decided or not."""


def proof(pack: Pack, words: Words, directory: Directory) -> Proof:
    """Prove a pack. Pure. What it does not prove is that the agreement itself is right."""
    # A running hub proves its packs: what is gathered for that is as large as the pack, and goes.
    pack, memory = replace(pack), Memory(again=False)
    seen = walk(pack, memory)
    found = set(_faults(pack, seen, words, directory, memory))
    faults = sorted(found, key=lambda fault: (fault.file, fault.line, fault.says))
    return Proof(faults=tuple(faults), cases=seen.cases)


def prove(pack: Pack, words: Words, directory: Directory) -> tuple[PackFault, ...]:
    """Return everything that keeps this pack from being used, sorted by file and line."""
    return proof(pack, words, directory).faults


def first_fault(pack: Pack, words: Words, directory: Directory, memory: Memory) -> PackFault | None:
    """Return one thing that keeps this pack from being used, or None: the same proof, cut short.

    For asking it of very many packs that differ in one rule: `memory` goes from one to the next.
    """
    seen = walk(pack, memory)
    return next(_faults(pack, seen, words, directory, memory), None)


def _faults(
    pack: Pack, seen: Seen, words: Words, directory: Directory, memory: Memory
) -> Iterator[PackFault]:
    yield from seen.faults
    yield from effect_faults(pack, seen)
    yield from matrix_faults(pack)
    yield from theorem_faults(pack, memory)
    yield from example_faults(pack, memory)
    yield from reach_faults(pack, directory)
    yield from ladder_faults(pack, directory)
    yield from heading_faults(pack)
    for fault in words_faults(words, pack):
        yield PackFault(file=f"message_templates/{fault.file}", line=fault.line, says=fault.says)
