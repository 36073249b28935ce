"""Who a notice comes from: the host authority's own name and addresses on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.vocabulary import DeliveryId


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
    reply_to: Callable[[DeliveryId], str] | None = None
    """Returns where replies to one delivery go; None: to `from_address`, which the hub does not
    read."""
