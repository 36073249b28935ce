"""Email by SMTP: the carrier, and the addresses to which what it carried comes back."""

from hub.adapters.smtp.carrier import SmtpCarrier
from hub.adapters.smtp.connection import Patience
from hub.adapters.smtp.relay import RelayUrlFault, relay_at
from hub.adapters.smtp.verp import IdTooLong, reply_address, verp_address, verp_delivery

__all__ = [
    "IdTooLong",
    "Patience",
    "RelayUrlFault",
    "SmtpCarrier",
    "relay_at",
    "reply_address",
    "verp_address",
    "verp_delivery",
]
