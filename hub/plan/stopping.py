"""What must not leave any more: what is held now, and what goes to whoever was struck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hub.concern import Concern, Party
from hub.directory import Directory
from hub.page import StandingHold, Unsent
from hub.plan.tools import Tools
from hub.vocabulary import ContactId, EndpointId, HoldKind, InfoClass

STRUCK = "it goes to a contact that was struck from this concern (2.5)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One delivery that waits and must be stopped, and why."""

    unsent: Unsent
    reason: str
    kind: HoldKind


def caught(
    waiting: Iterable[Unsent], concern: Concern, holds: Iterable[StandingHold], tools: Tools
) -> Iterator[Caught]:
    """Yield what must be taken out of the queue now (semantics 5; M019)."""
    held: dict[Party, dict[InfoClass, StandingHold]] = {}
    for hold in holds:
        held.setdefault(hold.party, {})[hold.info] = hold
    left = tools.about(concern).directory
    for unsent in waiting:
        covering = held.get(unsent.party, {})
        covered = sorted(unsent.classes & covering.keys())
        if covered:
            hold = covering[covered[0]]
            yield Caught(unsent=unsent, reason=hold.reason, kind=hold.kind)
        elif concern.struck and _is_struck(unsent, left):
            yield Caught(unsent=unsent, reason=STRUCK, kind=HoldKind.H3)


def _is_struck(unsent: Unsent, left: Directory) -> bool:
    """Whether its mailbox or webhook is none of those that are left to this concern."""
    contact = left.contact(ContactId(unsent.target))
    return contact is None and left.endpoint(EndpointId(unsent.target)) is None
