"""What a closure notice says of each of the five endings, to each part (004 11.1, M100, M101)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hub.compose.plain import ENDINGS, day_in_words
from hub.concern import Concern
from hub.vocabulary import Ending, Role

FACTS: Final = ("closed_on", "ending", "complaints_route", "closing_said", "closing_action")
"""The facts of class C0 that every notice of an end has, beside the Chair's name."""

_BEGUN: Final = "closed the provider concerns process for {place}, because {ending}"
_NOT_BEGUN: Final = "closed the concern about {place}: {ending}"
_SAID: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.IMPROVED: _BEGUN,
        Ending.SERVICE_ENDED: _BEGUN,
        Ending.TRANSFERRED: _BEGUN,
        Ending.NOT_INITIATED: _NOT_BEGUN,
        Ending.OPENED_IN_ERROR: _NOT_BEGUN,
    }
)
"""What the Chair did, to follow "On that day I". Nobody closes a process that never began."""

_CORRECT: Final = "Correct what you recorded because of it"
_LEFT_OPEN: Final = "Close your part, and tell us of anything you have left open"
_AGAINST: Final = "Tell us if anything you hold speaks against this"
_ANYBODY: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.IMPROVED: _LEFT_OPEN,
        Ending.SERVICE_ENDED: _LEFT_OPEN,
        Ending.TRANSFERRED: _LEFT_OPEN,
        Ending.NOT_INITIATED: "Go on with your ordinary work, and tell us if you see it otherwise",
        Ending.OPENED_IN_ERROR: f"{_CORRECT}, and close your part",
    }
)
_PLACING: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.IMPROVED: "Review each person you placed, moved or not, and tell us if anyone's "
        "care gives you concern",
        Ending.SERVICE_ENDED: "Review each person you placed where they live now, and tell us if "
        "anyone's care gives you concern",
        Ending.TRANSFERRED: "Review each person you placed under the new provider, moved or not, "
        "and tell us if anyone's care gives you concern",
        Ending.NOT_INITIATED: "Review the people you placed as you routinely do, and tell us if "
        "anyone's care gives you concern",
        Ending.OPENED_IN_ERROR: f"{_CORRECT}. Review the people you placed as you routinely do",
    }
)
_CONTRACTS: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.IMPROVED: "Go back to routine contract monitoring, and watch that what was agreed "
        "lasts",
        Ending.SERVICE_ENDED: "End what is open of the contract, and tell us of anything you have "
        "left open",
        Ending.TRANSFERRED: "See that what was agreed goes on under the new provider, and monitor "
        "it",
        Ending.NOT_INITIATED: "Go on with routine contract monitoring",
        Ending.OPENED_IN_ERROR: f"{_CORRECT}. Go on with routine contract monitoring",
    }
)
_REGULATOR: Final[Mapping[Ending, str]] = MappingProxyType(
    {**dict.fromkeys(Ending, _AGAINST), Ending.OPENED_IN_ERROR: _CORRECT}
)
_PROVIDER: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.IMPROVED: "Keep the improvements going",
        Ending.SERVICE_ENDED: "Keep your records, and answer what is still asked of you",
        Ending.TRANSFERRED: "Give the new provider what it needs to keep people safe, and keep "
        "your records",
        Ending.NOT_INITIATED: "There is nothing that you must do for us",
        Ending.OPENED_IN_ERROR: "There is nothing that you must do for us",
    }
)
_ACTIONS: Final[Mapping[Role, Mapping[Ending, str]]] = MappingProxyType(
    {
        Role.PLACING_AUTHORITY: _PLACING,
        Role.PLACING_ICB: _PLACING,
        Role.CONTRACTS: _CONTRACTS,
        Role.REGULATOR: _REGULATOR,
        Role.PROVIDER: _PROVIDER,
    }
)


def ending_facts(concern: Concern, role: Role) -> dict[str, str | None]:
    """Return what a notice of the end may show to this part; nothing where there is no end."""
    closure = concern.closure_authorised
    if closure is None:
        return {}
    ending, proposed = ENDINGS[closure.ending], concern.closure_proposed
    if closure.ending is Ending.TRANSFERRED and proposed and proposed.transferred_to:
        ending = f"the service has passed to {proposed.transferred_to}"
    improved = closure.ending is Ending.IMPROVED
    return {
        "closed_on": day_in_words(closure.closed_on),
        "ending": ending,
        "closing_said": _SAID[closure.ending].format(
            place=concern.service.location_name, ending=ending
        ),
        "closing_action": _ACTIONS.get(role, _ANYBODY)[closure.ending],
        "complaints_route": closure.complaints_route,
        "improvement_evidence": closure.improvement_evidence if improved else None,
        "continuing_actions": closure.continuing_actions,
        "contract_contact": closure.contract_contact,
    }
