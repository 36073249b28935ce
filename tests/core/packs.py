"""The shipped pack as text, to be changed and read again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from hub.adapters.shipped import read_folder, shipped
from hub.compose import Words, load_words
from hub.directory import Directory
from hub.pack.cell import CellHold, HeldBy, Judgement, SharedBy, Told, WithheldBy, judge
from hub.pack.faults import PackFault, PackFaults
from hub.pack.load import load, load_directory
from hub.pack.rules import Pack
from hub.prove.examples import QUIET
from hub.vocabulary import InfoClass, Role

PROCESS: Final = InfoClass.PROCESS
THEMES: Final = InfoClass.THEMES
BOTH: Final = frozenset({PROCESS, THEMES})


@cache
def sources() -> Mapping[str, str]:
    """The six files of West Sussex."""
    return read_folder(shipped("policy") / "west-sussex")


@cache
def pack() -> Pack:
    return load(sources())


@cache
def directory() -> Directory:
    return load_directory(sources()["directory.toml"])


@cache
def words() -> Words:
    return load_words(read_folder(shipped("message_templates"), ".md.j2"))


def changed(file: str, old: str, new: str, count: int = 1) -> dict[str, str]:
    """The files with one text put in another's place, which must be there."""
    assert old in sources()[file]
    return {**sources(), file: sources()[file].replace(old, new, count)}


def without_police(event: str) -> dict[str, str]:
    """The files in which the rest of one event is everybody else but the police."""
    old = f'with = "everybody else"\nevents = "{event}"'
    named = {r for rule in pack().routes if rule.event == event for r in rule.roles}
    named |= {r for n in pack().nothings if event in n.events and not n.rest for r in n.roles}
    rest = sorted(set(Role) - named - {Role.POLICE})
    return changed("routing.toml", old, f'with = {[*map(str, rest)]}\nevents = "{event}"')


def faults_of(texts: Mapping[str, str]) -> tuple[PackFault, ...]:
    """What is said against these files; empty where they load."""
    try:
        load(texts)
    except PackFaults as refused:
        return refused.faults
    return ()


def line_of(file: str, text: str, nth: int = 1) -> int:
    """The line on which a text stands for the nth time."""
    lines = [n for n, line in enumerate(sources()[file].splitlines(), start=1) if text in line]
    return lines[nth - 1]


def judged(
    event: str,
    role: Role,
    known: Mapping[str, str] | None = None,
    *,
    released: frozenset[InfoClass] = frozenset(),
    holds: tuple[CellHold, ...] = (),
    rules: Pack | None = None,
    **facts: str,
) -> Judgement:
    """Judge a cell in which nothing has happened yet, but for these facts."""
    world = {**QUIET, **(known or {}), **facts}
    return judge(rules or pack(), event, role, world, released, holds)


def shared(judgement: Judgement) -> frozenset[InfoClass]:
    assert isinstance(judgement, Told)
    return frozenset(j.info for j in judgement.classes if isinstance(j, SharedBy))


def held(judgement: Judgement) -> dict[InfoClass, str]:
    assert isinstance(judgement, Told)
    return {j.info: j.rule for j in judgement.classes if isinstance(j, HeldBy)}


def withheld(judgement: Judgement) -> dict[InfoClass, str]:
    assert isinstance(judgement, Told)
    return {j.info: j.rule for j in judgement.classes if isinstance(j, WithheldBy)}
