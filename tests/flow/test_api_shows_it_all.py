"""Everything the console shows can be read by the API: page by page, and none is left out."""

from __future__ import annotations

from typing import Final

from hub.routes.api.serving import OPERATIONS
from hub.routes.style import PLAIN, SCRIPT, read_style
from tests.flow.rosewood import rosewood, served
from tests.flow.test_openapi import whole

BY_THE_API: Final = {
    "/": {"list_concerns"},
    "/admin": {"list_webhooks", "list_directory_contacts", "list_contact_changes"},
    "/admin/changes": {"list_contact_changes"},
    "/admin/changes/{change}": {"list_contact_changes"},
    "/admin/contacts/{contact}": {"list_directory_contacts"},
    "/admin/webhooks/{webhook}": {"list_webhooks"},
    "/audit": {"list_audited"},
    "/audit/{name}": {"read_audited"},
    "/concerns/{concern}": {"read_concern", "read_board"},
    "/concerns/{concern}/closure": {"review_closure"},
    "/concerns/{concern}/closure/attestation.json": {"read_confirmation"},
    "/concerns/{concern}/closure/pack.zip": {"read_closure_pack"},
    "/concerns/{concern}/evidence/{delivery}": {"read_evidence"},
    "/concerns/{concern}/held": {"read_held"},
    "/concerns/{concern}/notices/{notice}": {"read_sent_notice"},
    "/concerns/{concern}/notices/{notice}/chase": {"chase_answer"},
    "/concerns/{concern}/notices/{notice}/told": {"read_sent_notice"},
    "/concerns/{concern}/owed/{obligation}": {"read_concern"},
    "/concerns/{concern}/release": {"ask_release"},
    "/concerns/{concern}/releases/{request}": {"decide_release"},
    "/concerns/{concern}/replies/{mail}": {"list_replies"},
    "/concerns/{concern}/stop": {"read_concern"},
    "/concerns/{concern}/timeline": {"read_timeline"},
    "/contacts": {"list_contacts"},
    "/emergency-access/{access}": {"read_in_emergency"},
    "/emergency-access/{access}/notices/{notice}": {"read_notice_in_emergency"},
    "/failed": {"list_failed", "list_quarantine", "list_orders"},
    "/failed/again": {"send_failed_again"},
    "/failed/quarantine/{message}": {"read_quarantined"},
    "/figures": {"read_figures"},
    "/held": {"list_held"},
    "/my-sessions": {"list_own_sessions"},
    "/my-work": {"read_work"},
    "/my-work/handover": {"read_handover"},
    "/notices": {"list_notices", "list_own_contacts"},
    "/notices/{notice}": {"read_notice"},
    "/people": {"list_people"},
    "/people/{person}": {"list_people"},
    "/privacy": {"list_looks", "list_emergency_access"},
    "/privacy/emergency-access/{access}": {"list_emergency_access"},
    "/privacy/looks.csv": {"list_looks"},
    "/replies": {"list_unclaimed_mail"},
    "/rules": {"read_rules", "list_events"},
    "/rules/draft": {"read_rules"},
    "/rules/explain": {"explain_event", "list_events"},
    "/rules/map": {"read_map", "read_chapter"},
}
"""Each page of the console, and the operations that answer what it shows.

A form that shows what would be done is answered by the dry run of its act.
"""

NOT_A_LOOK: Final = {
    "/acknowledge/{notice}": "for whoever has a notice's code and no account",
    "/emergency-access": "a form alone: it shows nothing before it is sent",
    "/live": "says that a page has changed; a program asks with `If-None-Match`",
    "/sign-in": "a program sends its key or a session",
    "/sign-in/again": "a program's person signs in anew, in a browser",
    "/sign-in/back": "where the organisation's sign-in leads a browser back to",
    "/sign-in/post": "a session of one post is chosen in a browser",
    "/sign-in/start": "leads a browser to the organisation's sign-in",
    "/signed-out": "says in a browser that it has no session any more",
}
"""What is the browser's alone, and why."""

FOR_MACHINES: Final = {"/healthz", "/metrics", "/readyz", PLAIN, SCRIPT.path, read_style().path}
"""What is no page."""


async def test_B06_every_page_of_the_console_is_read_by_the_api_or_says_why_not() -> None:
    async with rosewood() as story, served(story, **whole(story)):
        pages = {path for path in story.paths if not path.startswith("/v1/")}

    assert pages - FOR_MACHINES == BY_THE_API.keys() | NOT_A_LOOK.keys()
    named = set[str]().union(*BY_THE_API.values())
    known = {one.id: one.method for one in OPERATIONS}
    assert named <= known.keys(), "an operation that there is none of"
    reads = {id_ for id_, method in known.items() if method == "GET"}
    assert reads <= named, "an operation that answers what no page shows"
