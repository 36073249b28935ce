"""Webhooks: the stored CloudEvent, signed, to one endpoint, and what its answer means."""

from hub.adapters.webhook.carrier import WebhookCarrier, not_before
from hub.adapters.webhook.sign import signed_headers
from hub.adapters.webhook.wire import Deadlines

__all__ = ["Deadlines", "WebhookCarrier", "not_before", "signed_headers"]
