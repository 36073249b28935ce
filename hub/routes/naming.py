"""What parties, notices and mishaps are called on screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.concern import Party
from hub.directory import Directory
from hub.vocabulary import AgencyId, HoldKind, InfoClass, Setback

WENT_WRONG: Final[dict[Setback, str]] = {
    Setback.IN_DOUBT: "may have been sent, no answer was read",
    Setback.REFUSED: "was refused",
    Setback.FAILED: "could not be delivered",
    Setback.DELAYED: "is delayed",
    Setback.EXPIRED: "was given up after too long",
    Setback.COMPLAINED: "was marked as spam",
    Setback.LATE_FAILURE: "came back after it had been accepted",
    Setback.DECLINED: "was declined by whoever read it",
}
"""What stands beside the rungs, as people say it."""

HELD_FOR: Final[dict[HoldKind, str]] = {
    HoldKind.H1: "the police",
    HoldKind.H2: "the lead agency, which keeps the provider out for now",
    HoldKind.H3: "somebody's safety",
    HoldKind.H4: "the regulator",
    HoldKind.H5: "consent or capacity",
    HoldKind.H6: "an agreement or lawful basis on record",
    HoldKind.H7: "an accredited channel",
    HoldKind.H8: "agreed words for the press",
    HoldKind.H9: "a pending decision",
    HoldKind.H10: "somebody to find out whom to tell",
}
"""What a hold waits for, after "waits for": nobody can be asked to know H1 to H10 by heart."""


def named(agency: str, directory: Directory) -> str:
    """Return the agency's name, or its code where the directory does not know it."""
    found = directory.agency(AgencyId(agency))
    return agency if found is None else found.name


def party_name(party: Party, directory: Directory) -> str:
    """Return who this is and what it is here: `Surrey County Council (placing authority)`."""
    return f"{named(party.agency, directory)} ({party.role.replace('icb', 'ICB')})"


def notice_words(template: str) -> str:
    """Return a template's name as people say it: `Concern opened`."""
    return template.replace("-", " ").capitalize()


def fact_words(name: str) -> str:
    """Return what a fact is called, such as `risk level`."""
    return name.replace("_", " ").replace(" plain", "")


def held_words(classes: Iterable[InfoClass]) -> str:
    """Return what somebody must not hear, the gravest first: that there is a concern at all."""
    held = frozenset(classes)
    if held == frozenset(InfoClass):
        return "anything at all, not even that there is a concern"
    rest = ", ".join(sorted(held - {InfoClass.PROCESS}))
    if InfoClass.PROCESS not in held:
        return rest
    return "that there is a concern at all" + (f"; {rest}" if rest else "")
