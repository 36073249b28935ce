"""Canaries: every class and every party has a secret, and none is found where it may not be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compose import FACT_CLASSES, Words, compose, load_words
from hub.concern import Commissioner, Concern, Party
from hub.decision import Notify
from hub.events import Theme
from hub.notice import Delivery, Notice
from hub.pack.rules import HOLDS_CHANGED, Route
from hub.vocabulary import InfoClass, KeyQuestion, Lane, Role
from tests.core.build_words import (
    AGENCY_OF,
    C0,
    NOW,
    SENDER,
    CountingMint,
    closed,
    concern_now,
    directory_now,
    event_named,
    in_emergency,
    informed,
    notify,
    pack_now,
    routes,
    shipped_words,
)

EVENTS = ("concern.opened", "stage.changed", "meeting.scheduled", HOLDS_CHANGED)
ROUTED = tuple((one, role) for one in routes() for role in sorted(one.roles))


def _greedy() -> Words:
    """Words that show every fact there is: only the decision stands between them and the reader."""
    asks = "\n\n".join(
        f"{{% if {fact} is defined %}}{fact.replace('_', ' ')}: {{{{ {fact} }}}}{{% endif %}}"
        for fact in FACT_CLASSES
    )
    return load_words({"greedy/notice.md.j2": f"---\nsubject: {{{{ concern_ref }}}}\n---\n{asks}"})


GREEDY = _greedy()


def canary(secret: str) -> str:
    return f"canary {secret} sings"


def secrets(mark: str) -> dict[InfoClass, tuple[str, ...]]:
    return {
        InfoClass.THEMES: tuple(
            canary(f"{mark}{word}") for word in ("theme", "risk", "evidence", "actions")
        ),
        InfoClass.PERSON_ALLEGED: (canary(f"{mark}alleged"),),
        InfoClass.COMMERCIAL: (canary(f"{mark}contract"),),
        InfoClass.REFERRER: (canary(f"{mark}referrer"),),
        InfoClass.REGULATORY: (canary(f"{mark}cause"),),
        InfoClass.CRIMINAL: ("a crime is suspected",),
    }


def adult_of(mark: str, role: Role) -> str:
    """The number of the one adult that this role placed, in its own records."""
    return f"{mark}{list(Role).index(role)}/own"


def adults_known_to(mark: str, role: Role) -> set[str]:
    """Its own; and whoever tells an authority's adults knows them as the authority does (7.3)."""
    same = {other for other, agency in AGENCY_OF.items() if agency == AGENCY_OF[role]}
    return {adult_of(mark, other) for other in (same if role is Role.ADULTS else {role})}


def concern_with(mark: str) -> Concern:
    hidden = secrets(mark)
    theme, risk, evidence, actions = hidden[InfoClass.THEMES]
    unserved = in_emergency(informed(concern_now()), served=None, released_by=None)
    base = closed(unserved)
    assert base.closure_authorised is not None
    assert base.emergency is not None
    return replace(
        base,
        themes=(Theme(question=KeyQuestion.CARING, theme=theme),),
        risk_level=risk,
        affected_count=73519,
        person_alleged=hidden[InfoClass.PERSON_ALLEGED][0],
        referrer=hidden[InfoClass.REFERRER][0],
        commissioners=tuple(
            Commissioner(party=Party(agency=agency, role=role), adults=(adult_of(mark, role),))
            for role, agency in AGENCY_OF.items()
        ),
        emergency=base.emergency.model_copy(update={"cause": hidden[InfoClass.REGULATORY][0]}),
        closure_authorised=base.closure_authorised.model_copy(
            update={
                "improvement_evidence": evidence,
                "continuing_actions": actions,
                "contract_contact": hidden[InfoClass.COMMERCIAL][0],
            }
        ),
    )


def forms(notice: Notice, deliveries: tuple[Delivery, ...]) -> Iterator[str]:
    """Everything that leaves, in every form in which somebody could read it."""
    yield notice.text
    yield notice.html
    yield repr(notice.facts)
    for delivery in deliveries:
        yield delivery.body.decode()
        yield delivery.body.replace(b"=\r\n", b"").decode()
        if delivery.body.startswith(b"{"):
            yield repr(json.loads(delivery.body))
            continue
        message = message_from_bytes(delivery.body, policy=policy.default)
        yield repr(message.items())
        for part in message.walk():
            assert isinstance(part, EmailMessage)
            if not part.is_multipart():
                yield part.get_content()


def composed(
    decision: Notify, concern: Concern, event: str, words: Words
) -> tuple[Notice, tuple[Delivery, ...]]:
    return compose(
        decision,
        concern,
        event_named(event),
        words,
        directory_now(),
        pack_now(),
        SENDER,
        CountingMint(),
        NOW,
    )


MARKS = st.text("abcdefghijkmnpqrstuvwxyz", min_size=6, max_size=6)
CLASSES = st.frozensets(st.sampled_from(InfoClass)).map(lambda some: some | {C0})


@settings(deadline=None, max_examples=150)
@given(
    mark=MARKS,
    classes=CLASSES,
    role=st.sampled_from(Role),
    event=st.sampled_from(EVENTS),
    lane=st.sampled_from(Lane),
)
def test_not_a_byte_of_a_class_that_is_not_shared_leaves_even_by_words_that_show_everything(
    mark: str, classes: frozenset[InfoClass], role: Role, event: str, lane: Lane
) -> None:
    decision = notify(role, "greedy", classes, lane=lane, reply_due=NOW + timedelta(hours=1))

    notice, deliveries = composed(decision, concern_with(mark), event, GREEDY)

    assert len(deliveries) == 2
    for form in forms(notice, deliveries):
        for info, hidden in secrets(mark).items():
            # The cause is nobody's until the order is served, whatever is shared (M105).
            if info not in classes or info is InfoClass.REGULATORY:
                assert not any(secret in form for secret in hidden)
        if InfoClass.THEMES not in classes:
            assert "73519" not in form
        own = adults_known_to(mark, role) if InfoClass.PLACED_ADULT in classes else set()
        assert {adult_of(mark, other) for other in Role if adult_of(mark, other) in form} <= own


@settings(deadline=None, max_examples=60)
@given(mark=MARKS, classes=CLASSES, role=st.sampled_from(Role))
def test_what_is_shared_does_arrive_in_the_mail_and_in_the_webhook(
    mark: str, classes: frozenset[InfoClass], role: Role
) -> None:
    notice, (mail, hook) = composed(
        notify(role, "greedy", classes), concern_with(mark), "concern.opened", GREEDY
    )

    for info in classes - {InfoClass.PROCESS, InfoClass.REGULATORY, InfoClass.PLACED_ADULT}:
        for secret in secrets(mark)[info]:
            assert secret in notice.text
            assert secret in json.loads(hook.body)["data"]["text"]
            assert secret in mail.body.replace(b"=\r\n", b"").decode()


@settings(deadline=None, max_examples=150)
@given(mark=MARKS, routed=st.sampled_from(ROUTED), data=st.data())
def test_the_shipped_words_let_nothing_through_either(
    mark: str, routed: tuple[Route, Role], data: st.DataObject
) -> None:
    one, role = routed
    shared = data.draw(st.frozensets(st.sampled_from(sorted(one.classes)))) | {C0}
    decision = notify(role, one.notice, shared, lane=one.lane, reply_due=NOW)
    concern = replace(concern_with(mark), lead_agency=AGENCY_OF[Role.HOST_AUTHORITY])

    notice, deliveries = composed(decision, concern, one.event, shipped_words())

    for form in forms(notice, deliveries):
        for info, hidden in secrets(mark).items():
            if info not in shared or info is InfoClass.REGULATORY:
                assert not any(secret in form for secret in hidden)
        if InfoClass.PLACED_ADULT not in shared:
            assert "/own" not in form


def test_no_message_shows_another_partys_address_or_name_as_a_reader() -> None:
    addresses = {contact.address: contact for contact in directory_now().contacts}
    urls = {endpoint.url: endpoint for endpoint in directory_now().endpoints}
    for one, role in ROUTED:
        decision = notify(role, one.notice, one.classes, lane=one.lane, reply_due=NOW)
        notice, deliveries = composed(decision, concern_with("x"), one.event, shipped_words())
        own = {delivery.target for delivery in deliveries}

        for form in forms(notice, deliveries):
            assert {addresses[a].id for a in addresses if a in form} <= own
            assert not any(url in form for url in urls)


def test_the_subject_is_the_reference_and_names_neither_person_nor_place() -> None:
    concern = concern_with("x")
    for one, role in ROUTED:
        decision = notify(role, one.notice, one.classes, lane=one.lane, reply_due=NOW)
        notice, (mail, _) = composed(decision, concern, one.event, shipped_words())

        assert message_from_bytes(mail.body)["Subject"] == notice.reference == concern.reference


def test_no_notice_shows_a_serial_number() -> None:
    concern = concern_with("x")
    one, role = ROUTED[0]
    decision = notify(role, one.notice, one.classes, reply_due=NOW)

    first, _ = composed(decision, concern, one.event, shipped_words())
    later = replace(decision, id=type(decision.id)("d-2"))
    second, _ = composed(later, concern, one.event, shipped_words())

    assert first.text == second.text
