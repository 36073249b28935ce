"""How hard words are to read: the Flesch-Kincaid grade and the age of a reader who can follow.

The formula is Kincaid and others' (1975): 0.39 x words a sentence + 11.8 x syllables a word -
15.59 is the school year of the United States; five years more is an age. Syllables are counted as
groups of vowels: good to about a tenth, which is enough to see which words are hard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hub.compose.template import Template

_TAG: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
_FACT: Final = re.compile(r"\{\{.*?\}\}")
_HEADING: Final = re.compile(r"^\*\*.*?\*\*", re.MULTILINE)
"""Every notice has the same six, and each would count as a short sentence."""
_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(r"(?:[^aeiouyl]e|[^aeiouytd]ed)$")
_FACT_READS: Final = "name"
"""A fact counts as one short word: what it says is not the template's doing."""
_TOO_FEW: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one template reads."""

    path: str
    words: int
    grade: float
    """Flesch-Kincaid, a school year of the United States."""
    age: float
    """The age in years of a reader who can follow."""
    longest: int
    """Words in its longest sentence."""


def reading_of(template: Template) -> Reading:
    """Return how a template reads, all its conditions met."""
    words = _FACT.sub(_FACT_READS, _TAG.sub("", _HEADING.sub("", template.body)))
    sentences = [found for part in _END.split(words) if (found := _WORD.findall(part))]
    spoken = [word for sentence in sentences for word in sentence]
    if len(spoken) <= _TOO_FEW:
        return Reading(path=template.path, words=len(spoken), grade=0, age=5, longest=len(spoken))
    per_sentence = len(spoken) / len(sentences)
    per_word = sum(map(syllables, spoken)) / len(spoken)
    grade = round(0.39 * per_sentence + 11.8 * per_word - 15.59, 1)
    longest = max(map(len, sentences))
    age = round(max(grade, 0) + 5, 1)
    return Reading(path=template.path, words=len(spoken), grade=grade, age=age, longest=longest)


def syllables(word: str) -> int:
    """Return about how many syllables an English word has; at least one."""
    plain = word.lower().partition("'")[0]
    groups = len(_VOWELS.findall(plain))
    return max(1, groups - bool(_SILENT.search(plain)))
