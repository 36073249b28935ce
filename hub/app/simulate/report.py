"""The mails that come back in a simulation, as live mail servers and people write them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from hub.app.simulate.parts import RELAY

_SAYS: Final = {
    "failed": ("failed", "5.1.1", "smtp; 550 5.1.1 Recipient address rejected"),
    "delayed": ("delayed", "4.4.1", "X-Hub; Connection timed out"),
    "delivered": ("delivered", "2.0.0", "X-Hub; delivered to maildir"),
}


def report(says: str, message_id: str, mailbox: str) -> bytes:
    """Return a report about one mail (RFC 3464), or what a person replies to it."""
    if says not in _SAYS:
        return _reply(message_id, mailbox)
    action, status, diagnostic = _SAYS[says]
    edge = "simulated"
    lines = (
        f"From: MAILER-DAEMON@{RELAY}",
        "Subject: Mail Delivery Report",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"',
        "",
        f"--{edge}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is the mail system at host {RELAY}.",
        "",
        f"--{edge}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {RELAY}",
        "",
        f"Final-Recipient: rfc822; {mailbox}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: {diagnostic}",
        "",
        f"--{edge}",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: <{message_id}>",
        "",
        f"--{edge}--",
        "",
    )
    return "\r\n".join(lines).encode()


def _reply(message_id: str, mailbox: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mailbox
    mail["Subject"] = "Re: your notice"
    mail["In-Reply-To"] = f"<{message_id}>"
    mail.set_content("Thank you. Please ring me about it.")
    return mail.as_bytes()
