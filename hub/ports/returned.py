"""What is asked of the register about mail that comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hub.bounce import Filing, Named, ReturnedMail, Sent


class ReturnedMails(Protocol):
    """Keeps every returned mail as it came, and what it was read as."""

    async def keep_mail(self, mail: ReturnedMail) -> None:
        """Keep one mail, unread. When this returns it is committed; one of the same id stands."""
        ...

    async def unread_mail(self, limit: int) -> tuple[ReturnedMail, ...]:
        """Return mail that nobody has read yet, the oldest first."""
        ...

    async def mail(self, mail: str) -> ReturnedMail | None:
        """Return one mail by its id, byte for byte, or None."""
        ...

    async def unclaimed_mail(self, since: datetime, limit: int) -> tuple[ReturnedMail, ...]:
        """Return what people wrote from then on (UTC) about nothing that is here, newest first.

        What cannot be read by a machine counts as written by a person; a drill is nothing here.
        """
        ...

    async def sent(self, named: Named) -> tuple[Sent, ...]:
        """Return the deliveries that any of these keys names; what it does not know is left out."""
        ...

    async def file_mail(self, filing: Filing) -> bool:
        """Write what one mail was read as, in one commit: receipts, obligations, leaves.

        False, and nothing is written, where it has been read already: two readers do no harm.
        """
        ...
