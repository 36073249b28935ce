"""Mails as live mail servers send them back, about one delivery of ours."""

from __future__ import annotations

from typing import Final

DELIVERY: Final = "019ac1d2-7400-7000-8000-00000000de11"
ATTEMPT: Final = "019ac1d2-7400-7000-8000-0000000a77e1"
DOMAIN: Final = "hub.example"
MAILBOX: Final = "duty@surrey.example"
RELAY: Final = "relay.hub.example"
TO_US: Final = f"b+abcdefghijklmnop@{DOMAIN}"

RETURNED: Final = f"""\
From: Safeguarding provider concerns <concerns@{DOMAIN}>
To: {MAILBOX}
Subject: PC-7K3M-2QXA
Message-ID: <{DELIVERY}@{DOMAIN}>
Auto-Submitted: auto-generated
"""

POSTFIX: Final = f"""\
Received: by {RELAY} (Postfix)
\tid 4F1; Tue,  1 Dec 2026 09:20:00 +0000 (UTC)
Date: Tue,  1 Dec 2026 09:20:00 +0000 (UTC)
From: MAILER-DAEMON@{RELAY} (Mail Delivery System)
Subject: %(subject)s
To: {TO_US}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F0.1764580800/{RELAY}"
Message-Id: <20261201092000.4F1@{RELAY}>

This is a MIME-encapsulated message.

--4F0.1764580800/{RELAY}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {RELAY}.

--4F0.1764580800/{RELAY}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {RELAY}
Original-Envelope-Id: {ATTEMPT}
X-Postfix-Queue-ID: 4F0
X-Postfix-Sender: rfc822; {TO_US}
Arrival-Date: Tue,  1 Dec 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; {MAILBOX}
Original-Recipient: rfc822;{MAILBOX}
Action: %(action)s
Status: %(status)s
%(more)s
--4F0.1764580800/{RELAY}
Content-Description: Message Headers
Content-Type: text/rfc822-headers

{RETURNED}
--4F0.1764580800/{RELAY}--
"""


def postfix(action: str, status: str, *more: str) -> bytes:
    """A report as Postfix writes it; `more` are further fields of the recipient's group."""
    lines = "".join(f"{line}\n" for line in more)
    whole = POSTFIX % {
        "subject": "Mail Delivery Report",
        "action": action,
        "status": status,
        "more": lines,
    }
    return whole.replace("\n", "\r\n").encode()


FAILED: Final = postfix(
    "failed",
    "5.1.1",
    "Remote-MTA: dns; mx.surrey.example",
    f"Diagnostic-Code: smtp; 550 5.1.1 <{MAILBOX}>: Recipient address rejected",
)
DELAYED: Final = postfix(
    "delayed",
    "4.4.1",
    "Diagnostic-Code: X-Postfix; connect to mx.surrey.example: Connection timed out",
    "Will-Retry-Until: Sun,  6 Dec 2026 09:00:00 +0000 (UTC)",
)
GIVEN_UP: Final = postfix(
    "failed", "4.4.7", "Diagnostic-Code: X-Postfix; delivery temporarily suspended"
)
RELAYED: Final = postfix(
    "relayed",
    "2.0.0",
    "Remote-MTA: dns; mx.surrey.example",
    "Diagnostic-Code: smtp; 250 2.0.0 Ok: queued as 5A1",
)
EXPANDED: Final = postfix("expanded", "2.0.0", "Diagnostic-Code: X-Postfix; alias expanded")
DELIVERED: Final = postfix("delivered", "2.0.0", "Diagnostic-Code: X-Postfix; delivered to maildir")
EXIM_DELIVERED: Final = postfix(
    "delivered",
    "2.0.0",
    "Remote-MTA: dns; mx.surrey.example",
    "Diagnostic-Code: smtp; 250 OK id=1abc",
)

EVERY_REPORT: Final = {
    "failed": FAILED,
    "delayed": DELAYED,
    "given up": GIVEN_UP,
    "relayed": RELAYED,
    "expanded": EXPANDED,
    "delivered": DELIVERED,
    "delivered, says Exim": EXIM_DELIVERED,
}

QMAIL: Final = f"""\
From: MAILER-DAEMON@mx.surrey.example
To: {TO_US}
Subject: failure notice

Hi. This is the qmail-send program at mx.surrey.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{MAILBOX}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{RETURNED}
""".encode()

OUT_OF_OFFICE: Final = f"""\
From: Duty desk <{MAILBOX}>
To: {TO_US}
Subject: Automatic reply: PC-7K3M-2QXA
Auto-Submitted: auto-replied
In-Reply-To: <{DELIVERY}@{DOMAIN}>

The desk is closed until Monday. This is a permanent error of nobody.
""".encode()

BY_A_PERSON: Final = f"""\
From: Jo Field <jo.field@surrey.example>
To: {TO_US}
Subject: Re: PC-7K3M-2QXA
In-Reply-To: <{DELIVERY}@{DOMAIN}>

This is not for us, please try the hospital team.
""".encode()

READ_RECEIPT: Final = f"""\
From: Duty desk <{MAILBOX}>
To: {TO_US}
Subject: Read: PC-7K3M-2QXA
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=mdn

--mdn
Content-Type: text/plain

Your message was displayed.

--mdn
Content-Type: message/disposition-notification

Reporting-UA: desk.surrey.example; Mail
Final-Recipient: rfc822; {MAILBOX}
Original-Message-ID: <{DELIVERY}@{DOMAIN}>
Disposition: manual-action/MDN-sent-manually; displayed

--mdn--
""".encode()

ABUSE_REPORT: Final = f"""\
From: <abuse@surrey.example>
To: {TO_US}
Subject: FW: PC-7K3M-2QXA
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=arf

--arf
Content-Type: text/plain

This is an email abuse report.

--arf
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1.0
Version: 1

--arf
Content-Type: message/rfc822

{RETURNED}

Words.
--arf--
""".encode()

EVERYTHING: Final = (
    *EVERY_REPORT.values(),
    QMAIL,
    OUT_OF_OFFICE,
    BY_A_PERSON,
    READ_RECEIPT,
    ABUSE_REPORT,
)
