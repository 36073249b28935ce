"""A mail catcher and a webhook receiver on loopback, for `hub demo` and the tests."""

from hub.adapters.catcher.mail import CaughtMail, MailCatcher
from hub.adapters.catcher.web import CaughtCall, Reply, WebhookCatcher

__all__ = ["CaughtCall", "CaughtMail", "MailCatcher", "Reply", "WebhookCatcher"]
