"""Everything the console does can be done by the API: act by act, and none is left out."""

from __future__ import annotations

from typing import Final

from hub.routes.api.serving import OPERATIONS
from tests.flow.rosewood import rosewood, served
from tests.flow.test_openapi import whole

BY_THE_API: Final = {
    "/admin/changes/{change}": {"decide_contact_change"},
    "/admin/contacts/{contact}": {"ask_contact_change"},
    "/admin/webhooks/{webhook}": {"close_or_open_webhook"},
    "/admin/webhooks/{webhook}/ping": {"ping_webhook"},
    "/concerns/{concern}/closure": {"confirm_closure"},
    "/concerns/{concern}/notices/{notice}/chase": {"chase_answer"},
    "/concerns/{concern}/notices/{notice}/told": {"record_call"},
    "/concerns/{concern}/owed/{obligation}": {"take_in_hand"},
    "/concerns/{concern}/release": {"ask_release"},
    "/concerns/{concern}/releases/{request}": {"decide_release"},
    "/concerns/{concern}/replies/{mail}": {"read_reply"},
    "/concerns/{concern}/stop": {"stop_telling"},
    "/emergency-access": {"ask_emergency_access"},
    "/failed/again": {"send_failed_again", "replay"},
    "/failed/orders/{order}/stop": {"stop_order"},
    "/my-sessions": {"end_own_sessions"},
    "/notices/{notice}": {"acknowledge_notice", "decline_notice"},
    "/rules/draft": {"compare_draft"},
    "/rules/explain": {"explain_event"},
    "/rules/simulate": {"simulate"},
    "/people/{person}": {"end_sessions"},
    "/privacy/emergency-access/{access}": {"review_emergency_access"},
}
"""Each form of the console, and the operations that do the same."""

NOT_AN_ACT: Final = {
    "/sign-in": "a program sends its key, or its person's session (`POST /v1/sign-in`)",
    "/sign-in/again": "a program's person signs in anew, and it sends the new session (RFC 9470)",
    "/sign-in/backchannel-logout": "the organisation's sign-in sends it; no person does",
    "/sign-in/post": "a session of one post is chosen at the sign-in, in a browser",
    "/sign-out": "a program forgets its key; a session is ended by `end_own_sessions`",
    "/acknowledge/{notice}": "whoever has a notice's code, and no account; the API has accounts",
}
"""What is the browser's alone, and why."""


async def test_B06_every_act_of_the_console_is_an_operation_of_the_api_or_says_why_not() -> None:
    async with rosewood() as story, served(story, **whole(story)):
        assert story.site is not None
        posts = {
            route.resource.canonical
            for route in story.site.router.routes()
            if route.resource is not None and route.method not in {"GET", "HEAD"}
        }
    forms = {path for path in posts if not path.startswith("/v1/")}

    assert forms == BY_THE_API.keys() | NOT_AN_ACT.keys()
    known = {one.id for one in OPERATIONS if one.method == "POST"}
    named = set[str]().union(*BY_THE_API.values())
    assert named == known, "an operation that no form has, or a form's that is none"
