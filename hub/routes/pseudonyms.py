"""Names that stand for people, providers and concerns where they must not be known. Pure.

The same name always stands for the same one within a partnership, and nobody without the key finds
out for whom (HMAC-SHA-256, RFC 2104): who holds the case files can be asked.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from hub.concern import Concern, Party
from hub.vocabulary import AgencyId, Role

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH: Final = 8
"""Of 31 letters each, some 40 bits: a thousand concerns share none by chance."""
_OF_PROVIDERS: Final = frozenset({Role.PROVIDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Gives one partnership's pseudonyms, by its own key."""

    partnership: str
    key: bytes = field(repr=False)

    def concern(self, concern: Concern) -> str:
        """Return what stands for a concern, its reference and its identifier."""
        return self._of("concern", concern.id)

    def provider(self, concern: Concern) -> str:
        """Return what stands for the provider, its home and its place."""
        return f"Provider {self._of('agency', concern.service.provider)}"

    def person(self, name: str) -> str:
        """Return what stands for a person: one name is one person."""
        return f"Person {self._of('person', ' '.join(name.split()).casefold())}"

    def party(self, party: Party, host: AgencyId) -> str:
        """Return what stands for an agency here, and what it is here; the reader's own is told."""
        role = party.role.replace("icb", "ICB")
        if party.agency == host:
            return f"Your authority ({role})"
        what = "Provider" if party.role in _OF_PROVIDERS else "Agency"
        return f"{what} {self._of('agency', party.agency)} ({role})"

    def _of(self, kind: str, what: str) -> str:
        said = f"{self.partnership}\0{kind}\0{what}".encode()
        number = int.from_bytes(hmac.digest(self.key, said, sha256), "big")
        letters = []
        for _ in range(_LENGTH):
            number, index = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[index])
        return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
