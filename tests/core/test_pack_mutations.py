"""A pack that is wrong in one place is refused: planted mistakes, made by a seeded machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Final

import pytest

from hub.events import EVENTS
from hub.pack.faults import PackFaults
from hub.pack.load import load, load_directory
from hub.pack.rules import FACTS, HOLDS_CHANGED
from hub.prove import first_fault, prove
from hub.prove.answers import Memory
from hub.prove.compare import compare
from hub.vocabulary import HoldKind, InfoClass, Lane, Role, Rung
from tests.core.mutants import Mutant, mutants
from tests.core.packs import changed, directory, pack, sources, words

RULES: Final = ("share", "withhold", "route", "nothing", "grant", "hold")
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "role": tuple(Role),
    "class": tuple(InfoClass),
    "event": (*EVENTS, HOLDS_CHANGED),
    "kind": tuple(HoldKind),
    "lane": tuple(Lane),
    "rung": tuple(Rung),
}
KEYS: Final = {
    "with": "role",
    "from": "role",
    "to": "role",
    "place": "role",
    "release": "role",
    "classes": "class",
    "event": "event",
    "events": "event",
    "hold": "kind",
    "kind": "kind",
    "lane": "lane",
    "required": "rung",
}
"""Which keys of a rule hold which words."""

FREE: Final = ("say", "because", "paragraph", "provenance", "id")
"""What the machine leaves alone: words for people. What is missing among them is tested apart."""

CHOSEN: Final = ("place", "release")
"""Who may place or release is the partnership's own choice, where no law says otherwise: that the
law is kept is tested apart (test_pack_load)."""

_BLOCK: Final = re.compile(r"^\[\[(\w+)\]\]\n(?:(?!\[|#|\n).*\n)+", re.MULTILINE)
_WORD: Final = re.compile(r'"([^"]+)"')
Text = tuple[str, Mapping[str, str]]


def test_the_pack_as_it_ships_is_proved() -> None:
    assert _caught(sources()) == ()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sharing.toml", 'with = "provider"\nclasses = ["process", "themes"]', None),
        ("sharing.toml", 'classes = ["process", "themes"]\npurpose = "let', None),
        ("sharing.toml", 'hold = "H1"\n', ""),
        ("sharing.toml", 'hold = "H1"', 'hold = "H4"'),
        ("sharing.toml", '["hold", "partial release"', '["hold"'),
        ("sharing.toml", '"yes", "crime suspected"', '"yes"'),
        ("routing.toml", 'to = "police"\n', 'to = "polcie"\n'),
    ],
)
def test_a_mistake_a_person_would_make_is_caught(file: str, old: str, new: str | None) -> None:
    widened = old.replace('"themes"]', '"themes", "referrer"]')

    assert _caught(changed(file, old, widened if new is None else new))


def test_to_leave_unknown_out_of_a_withhold_is_no_mistake_for_unknown_always_counts() -> None:
    shorter = changed("sharing.toml", '"partial release", "unknown"', '"partial release"')

    assert _caught(shorter) == ()


def test_of_many_planted_mistakes_at_least_95_in_100_are_caught(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Rules changed one line at a time, in the pack as it is read."""
    every = list(mutants(pack(), Random(20261201)))

    with capsys.disabled():
        _nearly_all_are_caught(Random(20261202).sample(every, k=min(len(every), 300)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_every_planted_mistake_at_least_95_in_100_are_caught(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        _nearly_all_are_caught(list(mutants(pack(), Random(seed))))


def test_what_is_proved_of_a_mutant_in_short_is_what_is_proved_of_it_in_full() -> None:
    memory = Memory()
    assert first_fault(pack(), words(), directory(), memory) is None

    for mutant in Random(5).sample(list(mutants(pack(), Random(4))), k=6):
        changed = mutant.pack
        whole = prove(replace(changed), words(), directory())
        first = first_fault(changed, words(), directory(), memory)
        assert (first in whole) if first else not whole, mutant.what


def test_of_mistakes_in_the_text_of_a_pack_at_least_95_in_100_are_caught() -> None:
    """The same from the files, misspelt words included: what the loader refuses counts as well."""
    chance = Random(20261203)
    chosen = chance.sample(list(_mutants(chance)), k=10)

    living = [(what, texts) for what, texts in chosen if not _caught(texts)]
    # Whoever survives and changes nothing that anybody hears is no mistake.
    missed = [what for what, texts in living if compare(pack(), load(texts)).groups]

    assert len(missed) <= (len(chosen) - len(living) + len(missed)) * 0.05, "\n".join(missed)


def _nearly_all_are_caught(every: list[Mutant]) -> None:
    """Whoever survives and changes nothing that anybody hears is no mistake, and is not counted."""
    memory = Memory()
    assert first_fault(pack(), words(), directory(), memory) is None
    living, missed = 0, []
    for mutant in every:
        changed = mutant.pack
        if first_fault(changed, words(), directory(), memory) is None:
            living += 1
            missed += [mutant.what] if compare(pack(), changed).groups else []
    mistakes = len(every) - living + len(missed)
    caught = 100 * (mistakes - len(missed)) / mistakes
    sys.stdout.write(
        f"\n{len(every)} packs changed in one line: {mistakes} mistakes, {caught:.1f} % caught; "
        f"{len(every) - mistakes} change nothing that anybody hears\n"
    )

    assert caught >= 95, "\n".join(missed)


def _caught(texts: Mapping[str, str]) -> tuple[str, ...]:
    try:
        found = prove(load(texts), words(), load_directory(texts["directory.toml"]))
    except PackFaults as refused:
        return tuple(str(fault) for fault in refused.faults)
    return tuple(str(fault) for fault in found)


def _mutants(chance: Random) -> Iterator[Text]:
    routing = [name for name in sources() if name.startswith("routing")]
    for file in ("sharing.toml", *routing, "authority.toml"):
        for found in _BLOCK.finditer(sources()[file]):
            if found[1] in RULES:
                for what, block in _ways(found.group(), chance):
                    text = sources()[file]
                    whole = text[: found.start()] + block + text[found.end() :]
                    head = found.group().splitlines()[1]
                    yield f"{file} {head}: {what}", {**sources(), file: whole}


def _ways(block: str, chance: Random) -> Iterator[tuple[str, str]]:
    """Each block dropped, and two lines of it changed in each way that fits them."""
    yield "dropped", ""
    lines = block.splitlines(keepends=True)
    for number in chance.sample(range(1, len(lines)), k=min(4, len(lines) - 1)):
        key = lines[number].split(" = ")[0]
        for what, line in _lines(key, lines[number], chance):
            if line != lines[number]:
                yield (
                    f"{what}: {line.strip()}",
                    "".join([*lines[:number], line, *lines[number + 1 :]]),
                )


def _lines(key: str, line: str, chance: Random) -> Iterator[tuple[str, str]]:
    if key not in FREE:
        yield f"removed {key}", ""
    words = _WORD.findall(line)  # none where a list begins on this line and goes on below
    if words and key in {*KEYS, "purpose", "basis"}:
        word = chance.choice(words)
        yield "misspelt", line.replace(f'"{word}"', f'"{word[:-1]}"', 1)
    if key in KEYS and not line.startswith(CHOSEN):
        yield from _other_words(key, line, chance)
    if key == "when":
        yield from _other_conditions(line, chance)


def _other_words(key: str, line: str, chance: Random) -> Iterator[tuple[str, str]]:
    found = _WORD.findall(line)
    left = [word for word in WORDS[KEYS[key]] if word not in found]
    if not found or not left or "every" in line:
        return
    word, other = chance.choice(found), chance.choice(left)
    yield "another word", line.replace(f'"{word}"', f'"{other}"', 1)
    if key in {"with", "from", "to", "classes", "events"}:
        yield (
            "one more",
            f"{key} = [{', '.join(f'{chr(34)}{w}{chr(34)}' for w in (*found, other))}]\n",
        )
        if len(found) > 1:
            rest = (w for w in found if w != word)
            yield "one less", f"{key} = [{', '.join(f'{chr(34)}{w}{chr(34)}' for w in rest)}]\n"


def _other_conditions(line: str, chance: Random) -> Iterator[tuple[str, str]]:
    facts = [fact for fact in FACTS if f"{fact} = " in line]
    if not facts:  # `variant` alone: its words are its event's
        return
    fact = chance.choice(facts)
    inside = re.search(rf"{fact} = (\[[^\]]*\]|\"[^\"]*\")", line)
    assert inside is not None
    values = _WORD.findall(inside[1])
    left = [value for value in FACTS[fact] if value not in values]
    if left:
        other = chance.choice(left)
        yield "another value", line.replace(inside[0], f'{fact} = ["{other}"]')
        more = ", ".join(f'"{value}"' for value in (*values, other))
        yield "one more value", line.replace(inside[0], f"{fact} = [{more}]")
    yield "misspelt value", line.replace(inside[0], f'{fact} = ["{values[0][:-1]}"]')
