"""Who may do what at the console and the API, by their post; and who a person is. Pure.

A post gives acts; which concerns, notices and contacts they reach is decided beside it, by the
person's own organisation (need to know: the Care Act guidance 14.187, the sharing protocol).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.vocabulary import AgencyId

BY_KEY: Final = "key:"
"""How the id begins of whoever acts by a key of the API, and not as a person who signed in."""


class Post(StrEnum):
    """What a signed-in person is to their organisation."""

    LEO = "lead enquiry officer"
    CHAIR = "chair"
    AGENCY = "agency officer"
    PROVIDER = "provider contact"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy officer"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """What somebody may want to do."""

    READ_CONCERNS = "read the concerns that their authority hosts"
    STEER = "record calls, take in hand, read replies, confirm closure"
    RELEASE = "ask for a release of what is held, or agree to one"
    ANSWER = "read and answer the notices to their own organisation"
    MIND_CONTACTS = "see how the contacts of their concerns' agencies fare"
    READ_FIGURES = "read the key figures"
    READ_RULES = "see the rules in force and what they decide"
    VERIFY = "check the log's proofs"
    AUDIT = "read every concern of their authority under pseudonyms, and change nothing"
    PROTECT_PRIVACY = "export and erase, for the privacy officer"
    OPERATE = "see what failed or is in quarantine, without case content, and send it again"
    ADMINISTER = "change contacts, endpoints, publishers and keys, without case content"


_HOST: Final = frozenset(
    {
        Act.READ_CONCERNS,
        Act.RELEASE,
        Act.ANSWER,
        Act.MIND_CONTACTS,
        Act.READ_FIGURES,
        Act.READ_RULES,
        Act.VERIFY,
    }
)

_MAY: Final[Mapping[Post, frozenset[Act]]] = {
    Post.LEO: _HOST | {Act.STEER, Act.OPERATE},
    Post.CHAIR: _HOST,
    Post.AGENCY: frozenset({Act.ANSWER, Act.VERIFY}),
    Post.PROVIDER: frozenset({Act.ANSWER, Act.VERIFY}),
    Post.AUDITOR: frozenset({Act.AUDIT, Act.READ_FIGURES, Act.READ_RULES, Act.VERIFY}),
    Post.PRIVACY_OFFICER: frozenset({Act.PROTECT_PRIVACY, Act.READ_FIGURES, Act.VERIFY}),
    Post.ADMINISTRATOR: frozenset(
        {Act.OPERATE, Act.ADMINISTER, Act.READ_FIGURES, Act.READ_RULES, Act.VERIFY}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """A signed-in person of an agency. Logs and leaves carry the `id`, never the name."""

    id: str
    name: str
    post: Post
    agency: AgencyId

    def may(self, act: Act) -> bool:
        """Whether this person's post gives this act."""
        return act in _MAY[self.post]
