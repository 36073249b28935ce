"""Every act that somebody does at a form of the console, in an order in which each can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.access import Official
from hub.answers.taking import lane_of
from hub.escalate.taking import longest, why_not
from hub.notice import Notice
from hub.ports import NoticeRecord
from hub.ports.minding import COOLING, Step
from hub.repeat import Why
from tests.browser.busy import ADMIN, OFFICER, SECOND
from tests.browser.crawler import values_of
from tests.flow.rosewood import CHAIR, CONCERN, CQC, EXAMPLES, LEO, Rosewood
from tests.flow.test_answers import SURREY_PLACING
from tests.flow.test_every_look import PRIVACY, STRANGER
from tests.flow.test_releases import ALL

BOARD: Final = f"/concerns/{CONCERN}"
WHY: Final = "The adult has been moved, ring note 14"

QUARTER: Final = timedelta(minutes=15)
"""The shortest for which something is taken in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that somebody does at a form, key by key, and what must be so afterwards."""

    route: str
    who: Official | None
    page: str
    button: str
    says: str
    """What the page says that follows."""
    leaf: str = ""
    """The kind of leaf that it leaves; empty: the development sign-in leaves none."""
    choose: tuple[str, ...] = ()
    """Radios, by the words beside them."""
    write: tuple[tuple[str, str], ...] = ()
    """Fields by their labels, and what is typed."""
    shown: tuple[str, str] = ("", "")
    """A page on which who did it and why stands for others, and the words there."""


async def acts(story: Rosewood) -> tuple[Act, ...]:
    """Return every act, in an order in which each can follow the one before."""
    values = {name: each[0] for name, each in (await values_of(story)).items()}
    told = (await story.notice_to(CQC, "concern-opened")).notice
    alert = (await story.notice_to(SURREY_PLACING, "placing-authority-alert")).notice
    record = await story.record()
    third, fourth = others(record.notices, told.id, alert.id)
    release, request = f"{BOARD}/release", f"{BOARD}/releases/{values['request']}"
    classes = "&".join(f"{name}={yes}" for name, yes in ALL.items())
    return (
        Act(
            route="/concerns/{concern}/releases/{request}",
            who=CHAIR,
            page=request,
            choose=("I do not agree",),
            write=(("If it is not to be released, why?", WHY),),
            button="Decide",
            says="What is held",
            leaf="release.refused",
            shown=(f"{BOARD}/held", "Helen Marsh"),
        ),
        Act(
            route="/concerns/{concern}/release",
            who=LEO,
            page=f"{release}?hold=H-2026-0001&{classes}",
            write=(("Why may they be told now?", WHY),),
            button="Ask another person to agree",
            says="Waits for a second person",
            leaf="release.asked",
            shown=(f"{BOARD}/held", WHY),
        ),
        Act(
            route="/concerns/{concern}/stop",
            who=LEO,
            page=f"{BOARD}/stop",
            choose=("",),
            write=(("Why?", "Somebody rang, note 15"),),
            button="Stop now",
            says="Somebody rang, note 15",
            leaf="hold.put",
            shown=(f"{BOARD}/held", "Somebody rang, note 15"),
        ),
        Act(
            route="/concerns/{concern}/replies/{mail}",
            who=LEO,
            page=f"{BOARD}/replies/{values['mail']}",
            choose=("They have read the notice",),
            write=(("Who answered?", "Ada Byrne"), ("Their role", "Duty manager")),
            button="Write it down",
            says="Ada Byrne",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{alert.id}", "read by: Amara Okafor"),
        ),
        Act(
            route="/concerns/{concern}/notices/{notice}/told",
            who=LEO,
            page=f"{BOARD}/notices/{told.id}/told",
            write=(
                ("Whom did you speak to?", "Sam Okoro"),
                ("Their role", "Duty inspector"),
                ("How did they say so?", "I rang, they read the reference back"),
            ),
            button="Write it down",
            says="Sam Okoro",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{told.id}", "recorded by: Amara Okafor"),
        ),
        Act(
            route="/failed/orders/{order}/stop",
            who=LEO,
            page="/failed",
            button="Stop this order",
            says="The order is stopped",
            leaf="replay.stopped",
            shown=("/failed", "by leo-1"),
        ),
        Act(
            route="/admin/changes/{change}",
            who=SECOND,
            page=f"/admin/changes/{values['change']}",
            choose=("I have checked it, and I agree",),
            button="Decide",
            says="Changes of contacts",
            leaf="contact.change.agreed",
        ),
        Act(
            route="/admin/webhooks/{webhook}/ping",
            who=ADMIN,
            page=f"/admin/webhooks/{values['webhook']}",
            button="Send a ping",
            says="What came of the ping",
            leaf="webhook.pinged",
        ),
        Act(
            route="/admin/webhooks/{webhook}",
            who=ADMIN,
            page=f"/admin/webhooks/{values['webhook']}",
            choose=("",),
            button="Close the webhook",
            says="The webhook is closed",
            leaf="webhook.closed",
        ),
        Act(
            route="/people/{person}",
            who=ADMIN,
            page=f"/people/{values['person']}",
            choose=("They asked for it",),
            button="End every session",
            says="Who is signed in",
            leaf="sessions.ended",
        ),
        Act(
            route="/notices/{notice}",
            who=OFFICER,
            page=f"/notices/{alert.id}",
            write=(("The reference of the notice", alert.reference),),
            button="Send the answer",
            says="Acknowledged by Ada Byrne, agency officer",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{alert.id}", "person: surrey-1"),
        ),
        Act(
            route="/acknowledge/{notice}",
            who=None,
            page=f"/acknowledge/{third.id}",
            write=(
                ("Your name", "Jo Webb"),
                ("Your role", "Duty manager"),
                ("The code in the notice", third.ack_code),
            ),
            button="Acknowledge the notice",
            says="Jo Webb",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{third.id}", "Jo Webb"),
        ),
        Act(
            route="/acknowledge/{notice}",
            who=None,
            page=f"/acknowledge/{fourth.id}?answer=declined",
            choose=("It is not for our organisation",),
            write=(
                ("Say more", "We have nobody there"),
                ("Your name", "Kim Ode"),
                ("Your role", "Night manager"),
                ("The code in the notice", fourth.ack_code),
            ),
            button="Say that it is not for us",
            says="You have said that the notice is not for you",
            leaf="notice.declined",
            shown=(f"{BOARD}/notices/{fourth.id}", "Kim Ode"),
        ),
        Act(
            route="/emergency-access",
            who=STRANGER,
            page="/emergency-access",
            write=(
                ("Which concern?", record.concern.reference),
                ("What is the emergency?", "The night carer has rung, note 16"),
            ),
            button="Read it for one hour",
            says=record.concern.service.location_name,
            leaf="emergency.opened",
            shown=("/privacy", STRANGER.name),
        ),
        *trials(),
    )


def trials() -> tuple[Act, ...]:
    """Return what is tried out with the rules: it changes nothing, and leaves no leaf."""
    opened = " ".join((EXAMPLES / "concern-opened.json").read_text("utf-8").split())
    return (
        Act(
            route="/rules/explain",
            who=LEO,
            page="/rules",
            write=(("Or paste an event", opened),),
            button="Explain what I pasted",
            says="Who is told, and why",
        ),
        Act(
            route="/rules/simulate",
            who=LEO,
            page="/rules",
            button="Play it",
            says="What would happen",
        ),
        Act(
            route="/rules/draft",
            who=LEO,
            page="/rules/draft?partnership=west-sussex",
            choose=("sharing.toml",),
            write=(("Its whole text, as it would be", "[[share]]"),),
            button="Say what would change",
            says="This draft cannot be used",
        ),
    )


def others(notices: Sequence[NoticeRecord], *but: str) -> tuple[Notice, Notice]:
    """Return two notices that went out, and nobody has answered."""
    first, second, *_ = [
        n.notice
        for n in notices
        if n.notice.id not in but and any(r.rung for r in n.receipts) and n.notice.ack_code
    ]
    return first, second


async def later_acts(story: Rosewood) -> tuple[Act, ...]:
    """Return the acts whose pages are known only now: links on other pages lead there."""
    values = {name: each[0] for name, each in (await values_of(story)).items()}
    record, now = await story.record(), story.clock.now()
    owed = next(
        each
        for each in record.obligations
        if not why_not(each, now) and longest(each, lane_of(record, each), now) >= QUARTER
    )
    failed = (await story.register.failing(None, 300)).rows
    again = next(one.delivery for one in failed if one.state == "failed for good")
    return (
        Act(
            route="/concerns/{concern}/owed/{obligation}",
            who=LEO,
            page=f"{BOARD}/owed/{owed.id}",
            choose=("",),
            button="Take it in hand",
            says="Amara Okafor",
            leaf="obligation.taken",
            shown=("/my-work", "in the hands of Amara Okafor"),
        ),
        Act(
            route="/failed/again",
            who=LEO,
            page=f"/failed/again?delivery={again}",
            choose=(Why.LOST.value.capitalize(),),
            button="Send 1 again",
            says="It is ordered",
            leaf="replay.ordered",
            shown=("/failed", "by leo-1"),
        ),
        Act(
            route="/admin/contacts/{contact}",
            who=ADMIN,
            page=f"/admin/contacts/{values['contact']}",
            write=(("What it is", "The other desk"), ("Why, and who told you", WHY)),
            button="Ask for the change",
            says="Changes of contacts",
            leaf="contact.change.asked",
            shown=("/admin/changes", "admin-1"),
        ),
        Act(
            route="/privacy/emergency-access/{access}",
            who=PRIVACY,
            page=f"/privacy/emergency-access/{values['access']}",
            choose=("",),
            write=(("Why?", "I rang the carer who had rung them, note 17"),),
            button="Write the review down",
            says="Emergency access to review",
            leaf="emergency.reviewed",
            shown=(f"/privacy/emergency-access/{values['access']}", "note 17"),
        ),
        Act(
            route="/my-sessions",
            who=LEO,
            page="/my-sessions",
            choose=("",),
            button="End it",
            says="What you chose has ended",
            leaf="sessions.ended",
        ),
        Act(
            route="/sign-in/again",
            who=LEO,
            page="/sign-in/again?to=/figures",
            choose=("",),
            button="Continue",
            says="Key figures",
        ),
        Act(
            route="/sign-out",
            who=LEO,
            page="/figures",
            button="Sign out",
            says="Sign in",
            leaf="session.ended",
        ),
    )


async def last_acts(story: Rosewood) -> tuple[Act, ...]:
    """Return what may be done once a new address has cooled off, a day later: everybody is out."""
    await story.clock.advance(COOLING)
    (change,) = [each for each in await story.register.changes(9) if each.step is Step.COOLING]
    return (
        Act(
            route="/admin/changes/{change}",
            who=SECOND,
            page=f"/admin/changes/{change.id}",
            choose=("I have rung them, and the address is theirs",),
            button="It is theirs",
            says="Changes of contacts",
            leaf="contact.change.verified",
            shown=(f"/admin/changes/{change.id}", "verified by admin-2"),
        ),
    )
