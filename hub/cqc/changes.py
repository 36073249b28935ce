"""What an import would change of what is known: nothing is deleted, nothing of people's is touched.

The second import of a file changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hub.cqc.location import Location, LocationId
from hub.cqc.read import Published, Reading
from hub.directory import Agency, Directory
from hub.vocabulary import AgencyId, AgencyKind

_NEVER_TAKEN_BACK: Final = frozenset({"ended"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A provider that is known as registered and that the file does not name at all."""

    id: AgencyId
    name: str
    locations: int
    """How many of its locations are known and have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A provider whose entry in the live directory differs from the file, and stays as it is."""

    id: AgencyId
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be written, and what people should look at."""

    new_agencies: tuple[Agency, ...]
    corrected_agencies: tuple[Agency, ...]
    """Renamed by CQC, or in the directory without a kind."""
    left_alone: tuple[LeftAlone, ...]
    nhs_bodies: tuple[AgencyId, ...]
    """Trusts that run locations and are not in the directory: people enter them as what they are.

    A trust is an NHS body too; as a provider alone it could no longer lead, chair or endorse.
    """
    new: tuple[Location, ...]
    changed: tuple[Location, ...]
    same: int
    newly_ended: tuple[LocationId, ...]
    ended_providers: tuple[AgencyId, ...]
    """Those of whose known locations the last has ended now. They stay in the directory."""
    ended_but_listed: tuple[LocationId, ...]
    """Marked as deregistered by an earlier file and listed as registered by this one."""
    missing: tuple[Missing, ...]
    missing_locations: tuple[LocationId, ...]

    @property
    def nothing(self) -> bool:
        """Return whether there is nothing to write."""
        return not (self.new_agencies or self.corrected_agencies or self.new or self.changed)


def compare(
    reading: Reading, known: Mapping[LocationId, Location], directory: Directory
) -> Changes:
    """Return what a file changes of what is known."""
    new, changed, same = [], [], 0
    newly_ended, ended_but_listed = [], []
    for published in reading.published:
        before = known.get(published.location.id)
        now = _merged(before, published)
        if before is None:
            new.append(now)
        elif now == before:
            same += 1
        else:
            changed.append(now)
        if now.ended and not (before and before.ended):
            newly_ended.append(now.id)
        if now.ended and not published.location.ended:
            ended_but_listed.append(now.id)
    agencies = _Agencies(reading, known, directory)
    return Changes(
        new_agencies=tuple(agencies.new),
        corrected_agencies=tuple(agencies.corrected),
        left_alone=tuple(agencies.left_alone),
        nhs_bodies=tuple(sorted(agencies.nhs_bodies)),
        new=tuple(new),
        changed=tuple(changed),
        same=same,
        newly_ended=tuple(newly_ended),
        ended_providers=_ended_providers(newly_ended, {**known, **_by_id(new), **_by_id(changed)}),
        ended_but_listed=tuple(ended_but_listed),
        missing=tuple(_missing(reading, known)) if reading.whole else (),
        missing_locations=_missing_locations(reading, known) if reading.whole else (),
    )


def _merged(before: Location | None, published: Published) -> Location:
    """Return what is known with what the sheet speaks of; of the rest it knows nothing."""
    if before is None:
        return published.location
    told = set(published.tells)
    if published.weekly and before.services:
        # The monthly file's words say more; the weekly one's would take turns with them.
        told.discard("services")
    given = {name: getattr(published.location, name) for name in told}
    kept = {name: getattr(before, name) for name in _NEVER_TAKEN_BACK if not given.get(name)}
    return replace(before, **{**given, **kept})


class _Agencies:
    """Sorts the file's providers by what the live directory has of them."""

    def __init__(
        self, reading: Reading, known: Mapping[LocationId, Location], directory: Directory
    ) -> None:
        self.new: list[Agency] = []
        self.corrected: list[Agency] = []
        self.left_alone: list[LeftAlone] = []
        self.nhs_bodies: list[AgencyId] = []
        names = _registered(reading)
        published_before: dict[AgencyId, set[str]] = {}
        for location in known.values():
            if location.provider in names:
                published_before.setdefault(location.provider, set()).add(location.provider_name)
        for provider, name in names.items():
            agency = directory.agency(provider)
            if not provider.startswith("cqc:"):
                self.nhs_bodies.extend([provider] if agency is None else [])
            elif agency is None:
                self.new.append(Agency(id=provider, name=name, kind=AgencyKind.PROVIDER))
            else:
                self._sort(agency, name, published_before.get(provider, set()))

    def _sort(self, agency: Agency, name: str, published_before: set[str]) -> None:
        if agency.kind not in {None, AgencyKind.PROVIDER}:
            says = f"is a {agency.kind} in the directory, not a provider"
            self.left_alone.append(LeftAlone(id=agency.id, says=says))
            return
        # A name that no file has given was entered by a person, and stays.
        renamed = agency.name != name and agency.name in published_before
        if agency.name != name and not renamed:
            says = f"is `{agency.name}` in the directory and `{name}` in the file"
            self.left_alone.append(LeftAlone(id=agency.id, says=says))
        kept = name if renamed else agency.name
        corrected = replace(agency, name=kept, kind=AgencyKind.PROVIDER)
        if corrected != agency:
            self.corrected.append(corrected)


def _registered(reading: Reading) -> dict[AgencyId, str]:
    """Return each provider with a location that has not ended, and its name."""
    return {
        published.location.provider: published.location.provider_name
        for published in reading.published
        if published.location.ended is None
    }


def _by_id(locations: Iterable[Location]) -> dict[LocationId, Location]:
    return {location.id: location for location in locations}


def _ended_providers(
    newly: Iterable[LocationId], now: Mapping[LocationId, Location]
) -> tuple[AgencyId, ...]:
    touched = {now[location].provider for location in newly}
    going_on = {location.provider for location in now.values() if location.ended is None}
    return tuple(sorted(touched - going_on))


def _missing(reading: Reading, known: Mapping[LocationId, Location]) -> Iterator[Missing]:
    counted: dict[AgencyId, list[str]] = {}
    for location in known.values():
        if location.ended is None and location.provider not in reading.providers_named:
            counted.setdefault(location.provider, []).append(location.provider_name)
    for provider, names in sorted(counted.items()):
        yield Missing(id=provider, name=names[0], locations=len(names))


def _missing_locations(
    reading: Reading, known: Mapping[LocationId, Location]
) -> tuple[LocationId, ...]:
    gone = (
        each for each, location in known.items() if not location.ended and each not in reading.named
    )
    return tuple(sorted(gone))
