"""What planning works with."""

from __future__ import annotations

from dataclasses import dataclass

from hub.compose import Sender, Words
from hub.concern import Concern
from hub.directory import Directory
from hub.frozen import replace
from hub.pack.rules import Pack
from hub.plan.amending import Leaving
from hub.vocabulary import AgencyId, ContactId, Mint, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What planning works with: the agreed rules, the live directory, the words, and a mint."""

    pack: Pack
    directory: Directory
    words: Words
    sender: Sender
    mint: Mint
    leaving: Leaving | None = None
    """What two people leave out of what one event tells; None: nothing."""

    def about(self, concern: Concern) -> Tools:
        """Return the same tools, the directory without whoever is struck from this concern (M019).

        Nothing is planned to be sent to them, whatever route it takes.
        """
        verified: dict[tuple[AgencyId, Role], frozenset[ContactId]] = {}
        for party, contact in concern.verified:
            whose = (party.agency, party.role)
            verified[whose] = verified.get(whose, frozenset()) | {contact}
        left = self.directory.without(concern.struck, verified)
        return self if left is self.directory else replace(self, directory=left)
