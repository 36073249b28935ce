"""The headings that a policy must have rules for (N003, 000 section 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hub.pack.faults import PackFault
from hub.pack.rules import Pack

HEADINGS: Final[Mapping[str, frozenset[str]]] = {
    "agreements": frozenset({"agreement.signed", "agreement.emergency.authorised"}),
    "standards": frozenset({"standard.breach.reported", "sanction.applied"}),
    "roles and responsibilities": frozenset({"provider.lead.named", "lead.agency.set"}),
    "information sharing": frozenset({"disclosure.authorised", "disclosure.withheld"}),
    "quality assurance": frozenset({"monitoring.finding.recorded", "improvement.plan.agreed"}),
    "conflict": frozenset({"disagreement.raised", "disagreement.escalated"}),
    "safeguarding": frozenset({"concern.opened", "concern.raised"}),
    "due diligence": frozenset({"due.diligence.recorded"}),
    "accountability where care is shared": frozenset({"responsibility.agreed"}),
    "incident reporting": frozenset({"incident.external.reported", "incident.notifiable.declared"}),
    "candour": frozenset({"candour.notification.given"}),
    "escalation": frozenset({"concern.escalated", "concern.provider.escalated"}),
}
"""Each heading, and the events of which a pack must tell somebody at least one."""


def heading_faults(pack: Pack) -> Iterator[PackFault]:
    """Yield a fault for each heading that no route of the pack speaks for."""
    told = {route.event for route in pack.routes}
    for heading, events in HEADINGS.items():
        if not events & told:
            some = " or ".join(f"`{event}`" for event in sorted(events))
            says = f"no rule for {heading}: route {some} to somebody (000 section 2)"
            yield PackFault(file="routing.toml", line=1, says=says)
