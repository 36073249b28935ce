"""Promises that the world broke, or would have had us break."""

from __future__ import annotations

from hub.vocabulary import HubError


class RegisterAway(HubError):
    """The register cannot be reached, or a commit's outcome is unknown."""


class RegisterMissing(HubError):
    """There is no register here yet; `hub run` makes one where HUB_DATA_DIR says:"""  # noqa: D400  # the path follows


class RegisterTooNew(HubError):
    """The register has a newer schema than this hub knows."""


class RegisterTooOld(HubError):
    """The register has an older schema than this hub needs: run `hub migrate`."""


class RegisterInUse(HubError):
    """Another process writes to this register; SQLite has one writer."""


class RegisterRefused(HubError):
    """The register refuses what would break its own rules."""


class VersionMoved(RegisterRefused):
    """The concern has moved on since this page was planned."""


class BytesChanged(HubError):
    """Stored bytes are not those that were composed: they will not be sent."""


class AlreadyAttested(HubError):
    """This concern's closure has been confirmed already; there is one confirmation, for ever."""


class BrokerLost(HubError):
    """The connection to the broker is gone."""
