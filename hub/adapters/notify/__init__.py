"""Text messages by GOV.UK Notify's HTTP API."""

from hub.adapters.notify.carrier import NotifyCarrier
from hub.adapters.notify.token import Account, bearer, jws

__all__ = ["Account", "NotifyCarrier", "bearer", "jws"]
