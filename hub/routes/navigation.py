"""What the header of each page leads to, by what the signed-in person may do."""

from __future__ import annotations

from typing import Final

from hub.access import Act, Official

_PLACES: Final[tuple[tuple[Act, str, str], ...]] = (
    (Act.READ_CONCERNS, "/my-work", "My work"),
    (Act.READ_CONCERNS, "/", "Concerns"),
    (Act.READ_CONCERNS, "/held", "Held"),
    (Act.ANSWER, "/notices", "Notices to us"),
    (Act.MIND_CONTACTS, "/contacts", "Contacts"),
    (Act.AUDIT, "/audit", "Audit"),
    (Act.PROTECT_PRIVACY, "/privacy", "Privacy"),
    (Act.READ_FIGURES, "/figures", "Key figures"),
    (Act.ADMINISTER, "/people", "Who is signed in"),
    (Act.OPERATE, "/failed", "Not taken"),
    (Act.READ_RULES, "/rules", "Rules"),
    (Act.ADMINISTER, "/admin", "Administration"),
    (Act.BREAK_GLASS, "/emergency-access", "Emergency access"),
)
"""In the order of the header: the act that opens a place, its path and its name."""


def places(person: Official) -> tuple[tuple[str, str], ...]:
    """Return path and name of each place that is open to this person."""
    return tuple((path, name) for act, path, name in _PLACES if person.may(act))


def home(person: Official) -> str | None:
    """Return where this person begins; None: nothing here is for their post."""
    return next((path for path, _ in places(person)), None)
