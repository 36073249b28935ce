"""S19: the Safeguarding Adults Board asks about an old concern, and somebody for their own data."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hub.answers import Attested
from hub.intake.took import Became
from hub.vocabulary import AgencyId, InfoClass, ObligationKind, Role
from tests.flow.scenarios.last_page import (
    confirms,
    draws_to_its_end,
    everybody_acknowledges,
    is_authorised,
    log_of,
)
from tests.flow.scenarios.stage import (
    HOST,
    SURREY,
    THE_HOST,
    Heard,
    Play,
    a_play,
    is_a,
    mails_to,
    person,
    placed,
)

BOARD = is_a("unit:west-sussex-sab", Role.SAB)
OFFICER = is_a(HOST, Role.DATA_PROTECTION)


async def an_old_concern(play: Play) -> Attested:
    """A concern that ended, was confirmed, and is two years old."""
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
    )
    await play.says(
        "disclosure.recorded",
        disclosure_id="d-3",
        to=SURREY,
        classes=["person alleged"],
        how="by phone",
        shared_at=play.scene.clock.now().isoformat(),
        shared_by=person("Lead Enquiry Officer"),
        consent="not possible",
        rationale="people would have been in danger overnight",
        condition="vital interests",
        basis="uk-gdpr-6-1-d",
        sender=HOST,
        sar_exempt_basis="serious harm",
    )
    await draws_to_its_end(play)
    await is_authorised(play)
    await play.sent()
    await everybody_acknowledges(play)
    done = await confirms(play)
    assert isinstance(done, Attested), done
    await play.pass_time(timedelta(days=730))
    return done


async def asks(play: Play) -> Heard:
    return await play.says(
        "board.request.received",
        board=BOARD.agency,
        request="s45-1",
        asks="a chronology of what was known of the night shifts",
        asked_by=person("Board manager", "Pat Reed"),
        asked_at=play.scene.clock.now().isoformat(),
    )


async def requests(play: Play) -> Heard:
    return await play.says(
        "subject.access.requested",
        request="sar-1",
        received_at=play.scene.clock.now().isoformat(),
        data_protection_officer=HOST,
        recorded_by=person("Information governance", "Ada Pike"),
    )


async def answers_the_request(
    play: Play,
    *exempt: dict[str, str],
    became: Became = Became.ACCEPTED,
) -> Heard:
    return await play.says(
        "subject.access.answered",
        became=became,
        request="sar-1",
        exempt=list(exempt),
        answered_by=person("Information governance", "Ada Pike"),
        answered_at=play.scene.clock.now().isoformat(),
    )


async def test_S19_the_board_and_the_host_hear_of_the_request_and_nobody_else() -> None:
    async with a_play() as play:
        await an_old_concern(play)
        await play.sent()

        asked = await asks(play)

        assert asked.told() == {BOARD: "board-request", THE_HOST: "board-request-to-answer"}
        assert asked.held() == {}
        assert asked.classes(BOARD) == {InfoClass.PROCESS, InfoClass.THEMES}
        letters = await play.sent()
        assert {letter.party for letter in letters} == {BOARD, THE_HOST}
        (ours,) = mails_to(letters, THE_HOST)
        assert "It asks: a chronology of what was known of the night shifts." in ours.prose
        assert "who is asked must comply (Care Act 2014 s.45)" in ours.prose
        assert "whether or not this process has ended" in ours.prose
        board, late = mails_to(letters, BOARD)
        assert "Send the secure address to which the answer goes" in board.prose
        assert (board.notice, late.notice) == ("board-request", "closure-notice")
        assert "This notice is late" in late.prose
        assert "because the service has ended" in late.prose
        for word in ("SCC-1", "relative of somebody"):
            assert not any(word in letter.raw for letter in letters), word


async def test_S19_the_answer_to_the_board_is_owed_though_the_process_has_ended() -> None:
    async with a_play() as play:
        await an_old_concern(play)
        await asks(play)

        (owed,) = await play.owes(ObligationKind.ANSWER_BOARD)
        assert owed.party == THE_HOST
        assert timedelta(days=10) < owed.due - play.scene.clock.now() < timedelta(days=21)
        await play.pass_time(timedelta(days=30))
        assert await play.owes(ObligationKind.ANSWER_BOARD)

        answered = await play.says(
            "board.request.answered",
            board=BOARD.agency,
            request="s45-1",
            answered_by=person("Lead Enquiry Officer"),
            answered_at=play.scene.clock.now().isoformat(),
        )

        assert answered.told() == {BOARD: "board-answered"}
        assert await play.owes(ObligationKind.ANSWER_BOARD) == []


async def test_S19_N029_who_asks_for_their_own_data_is_answered_within_a_month() -> None:
    async with a_play() as play:
        await an_old_concern(play)
        now = play.scene.clock.now()

        asked = await requests(play)

        assert asked.told() == dict.fromkeys((OFFICER, THE_HOST), "access-request")
        (owed,) = await play.owes(ObligationKind.ANSWER_SUBJECT)
        assert owed.party == THE_HOST
        assert (owed.due.day, owed.due.month) == (now.day, now.month % 12 + 1)
        for letter in await play.sent():
            if letter.notice == "access-request":
                assert "Answer within one month (UK GDPR Art 12)" in letter.prose
                assert "what is not shown needs an exemption, recorded entry by" in letter.prose

        answered = await answers_the_request(
            play, {"entry": "d-3", "sar_exempt_basis": "serious harm"}
        )

        assert answered.told() == {}
        assert await play.owes(ObligationKind.ANSWER_SUBJECT) == []


async def test_S19_N029_an_entry_is_hidden_on_a_basis_that_the_law_knows_and_on_no_other() -> None:
    async with a_play() as play:
        await an_old_concern(play)
        await requests(play)

        unlawful: tuple[dict[str, str], ...] = (
            {"entry": "d-3"},
            {"entry": "d-3", "sar_exempt_basis": "it would embarrass us"},
        )
        for entry in unlawful:
            refused = await answers_the_request(play, entry, became=Became.QUARANTINED)
            assert any("/exempt/0/sar_exempt_basis" in f.pointer for f in refused.took.faults)

        assert await play.owes(ObligationKind.ANSWER_SUBJECT)


async def test_S19_both_stand_in_the_one_log_and_the_confirmation_of_then_stands_as_it_was() -> (
    None
):
    async with a_play() as play:
        confirmed = await an_old_concern(play)
        before = await log_of(play)

        board, subject = await asks(play), await requests(play)
        await answers_the_request(play, {"entry": "d-3", "sar_exempt_basis": "serious harm"})

        after = await log_of(play)
        assert after[: len(before)] == before
        added: list[dict[str, Any]] = [json.loads(data) for data in after[len(before) :]]
        applied = [entry["event"] for entry in added if entry["type"] == "event.applied"]
        assert applied[:2] == [board.took.event, subject.took.event]
        assert len(applied) == 3
        record = await play.record()
        assert record.attestation == confirmed.attestation
        assert {p.agency for p, _ in confirmed.attestation.reached} >= {AgencyId(HOST)}
