"""The 153 English councils with adult social services responsibilities, by name and ONS code.

The codes are those in force since 1 April 2025: the reorganisation of 2023, and the new codes of
Barnsley and Sheffield (SI 2024/1328). Contains public sector information licensed under the Open
Government Licence v3.0. A council of the lower tier (a district) is not here: it has no such duty.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from hub.vocabulary import AgencyId

_WORDS = re.compile(r"[^\w&]+")
_STYLE = re.compile(
    r"^(london borough of|royal borough of|metropolitan borough of|borough of) | "
    r"((metropolitan )?(county|city|borough|district) council|council)$"
)
"""What a council's name has around it and the register of ONS has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """One council: its ONS code, its name as ONS writes it, and other spellings."""

    code: str
    name: str
    also: tuple[str, ...] = ()
    replaces: tuple[tuple[str, str], ...] = ()
    """Name and code of what it took over from, in whole or in part."""

    @property
    def agency(self) -> AgencyId:
        """Return its code as an agency's: `gss:E10000032`."""
        return AgencyId(f"gss:{self.code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCouncil:
    """A name that is no council's, and why; with the one that was probably meant."""

    says: str
    did_you_mean: str | None = None


class Councils:
    """Finds a council by a published name. It never guesses: near is not the same."""

    def __init__(self, councils: Iterable[Council]) -> None:
        self.all = tuple(councils)
        self._known: dict[str, tuple[Council, ...]] = {}
        for council in self.all:
            for former, _ in council.replaces:
                told = self._known.get(_plain(former), ())
                self._known[_plain(former)] = (*told, council)
        # What stands now goes before what was: Somerset is the council of today.
        for council in self.all:
            for name in (council.name, *council.also):
                self._known[_plain(name)] = (council,)
        self._spelled: Mapping[str, str] = {_plain(c.name): c.name for c in self.all}

    def named(self, name: str) -> Council | NoCouncil:
        """Return the council of this name, past or present, or why there is no one such."""
        plain = _plain(name)
        found = self._known.get(plain) or self._known.get(_STYLE.sub("", plain).strip(), ())
        match found:
            case (council,):
                return council
            case ():
                near = get_close_matches(plain, self._spelled, 1, 0.6)
                meant = self._spelled[near[0]] if near else None
                says = f"`{name}` is no council with adult social services"
                return NoCouncil(says=says, did_you_mean=meant)
            case several:
                heirs = " and ".join(f"`{council.name}`" for council in several)
                return NoCouncil(says=f"`{name}` is divided: it is now {heirs}")


@cache
def english_councils() -> Councils:
    """Return the councils of England, from the list beside this module."""
    text = files(__package__).joinpath("councils.csv").read_text("utf-8")
    return Councils(_council(row) for row in csv.DictReader(text.splitlines()))


def _council(row: Mapping[str, str]) -> Council:
    return Council(
        code=row["code"],
        name=row["name"],
        also=tuple(_parts(row["also"])),
        replaces=tuple((old[:-10], old[-9:]) for old in _parts(row["replaces"])),
    )


def _parts(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def _plain(name: str) -> str:
    """Return a name without what spelling varies in: case, `&`, hyphens, stops and commas."""
    return _WORDS.sub(" ", name.casefold().replace("&", " and ")).strip()
