"""Who a notice comes from: the host authority's own name and addresses on the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The hub as a sender, from its settings."""

    from_name: str
    """What the reader's mailbox shows, such as `West Sussex provider concerns`."""
    from_address: str
    message_id_domain: str
    """The right side of every `Message-ID`."""
    public_url: str
    """Where people and systems acknowledge; without a slash at its end."""
    source: str
    """CloudEvents `source` of everything the hub sends to webhooks."""
