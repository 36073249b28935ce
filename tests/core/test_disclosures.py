"""Requests for information, and decisions to share or not (004 2.3; 000 sections 3, 6 and 7)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.closure import gaps
from hub.concern import Party
from hub.events import EVENTS
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, HoldKind, InfoClass, Role
from tests.core.decided import (
    LATER,
    SAID,
    begun,
    held,
    notice_to,
    refused,
    says,
    told,
)
from tests.core.packs import changed, faults_of, pack
from tests.core.story import (
    BOTH,
    POLICE,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    THE_SURREY,
    Story,
    classes_told,
    verdicts,
)
from tests.worlds import NHS, PROVIDER, START, SURREY

NAMED: Final = BOTH | {InfoClass.PERSON_ALLEGED}
ALLEGED: Final = InfoClass.PERSON_ALLEGED


@pytest.fixture
def story() -> Story:
    return begun(status="consulted, none")


def test_M012_those_who_are_asked_hear_for_what_and_the_name_only_where_it_is_decided(
    story: Story,
) -> None:
    page = says(story, "information.request.issued")

    asked = {THE_SURREY: "information-request", THE_POLICE: "information-request"}
    assert told(page) == asked
    assert classes_told(page, THE_POLICE) == NAMED
    assert classes_told(page, THE_SURREY) == BOTH
    assert held(page, THE_SURREY) == {ALLEGED: "S21"}
    assert {(h.party, h.info) for h in page.holds if h.kind is HoldKind.H6} == {
        (THE_SURREY, ALLEGED)
    }
    police, surrey = notice_to(page, THE_POLICE).text, notice_to(page, THE_SURREY).text
    assert "It is about Sam Field." in police
    assert "Sam Field" not in surrey
    assert "for this purpose alone: the enquiry under section 42" in surrey
    assert "request r-1" in surrey


def test_M012_about_the_organisation_no_name_is_asked_and_nothing_is_held(story: Story) -> None:
    page = says(story, "information.request.issued", asks_about="the organisation", person=None)

    assert told(page) == dict.fromkeys((THE_SURREY, THE_POLICE), "information-request")
    for party in (THE_SURREY, THE_POLICE):
        assert classes_told(page, party) == BOTH
        assert held(page, party) == {}
        assert "The question: earlier allegations since 2020." in notice_to(page, party).text


def test_M012_the_name_follows_once_the_host_authority_decides_so(story: Story) -> None:
    says(story, "information.request.issued")
    asked = story.owes(ObligationKind.DECIDE_DISCLOSURE)
    assert {o.party for o in asked.values()} == {THE_HOST}

    page = says(story, "disclosure.authorised")

    assert told(page) == {THE_SURREY: "now-told"}
    assert "Sam Field" in notice_to(page, THE_SURREY).text
    assert not story.owes(ObligationKind.DECIDE_DISCLOSURE)


def test_M012_each_reply_is_owed_by_a_clock_and_a_date_of_its_own_counts(story: Story) -> None:
    page = says(story, "information.request.issued")

    owed = story.owes(ObligationKind.GIVE_INFORMATION)
    assert {key: o.party for key, o in owed.items()} == {
        f"r-1/{SURREY}:": THE_SURREY,
        f"r-1/{POLICE}:": THE_POLICE,
    }
    assert {o.due.date() for o in owed.values()} == {date(2026, 12, 3)}
    assert {n.reply_due for n in page.notices} == {o.due for o in owed.values()}
    says(story, "information.request.issued", request_id="r-2", answer_by=LATER.isoformat())
    assert story.owes(ObligationKind.GIVE_INFORMATION)[f"r-2/{SURREY}:"].due == LATER


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"basis": "care-act-43"}, "/data/basis"),
        ({"basis": "dpa-2018-part-3"}, "/data/basis"),
        ({"to": [PROVIDER]}, "/data/to"),
        ({"requester": "gss:E10000014"}, "/data/requester"),
    ],
)
def test_M012_a_request_without_a_lawful_basis_or_of_the_provider_is_refused(
    story: Story, data: dict[str, Any], pointer: str
) -> None:
    page = says(story, "information.request.issued", **data)

    assert [where for where, _ in refused(page)] == [pointer]
    assert page.notices == ()


def test_M012_a_request_says_for_what_or_is_no_request() -> None:
    whole = SAID["information.request.issued"]
    for lacking in ("purpose", "basis"):
        with pytest.raises(ValidationError):
            EVENTS["information.request.issued"].model_validate(
                {k: v for k, v in whole.items() if k != lacking}
            )


def test_M012_whoever_takes_no_part_is_added_first(story: Story) -> None:
    page = says(story, "information.request.issued", to=["gss:E10000014"])

    assert "takes no part in this concern: add it first" in page.waiting[0].why


def test_M013_a_reply_goes_to_who_asked_and_the_lead_enquiry_officer_and_to_nobody_else(
    story: Story,
) -> None:
    says(story, "information.request.issued", requester=NHS)

    page = says(story, "information.request.answered", requester=NHS)

    placing_icb = Party(agency=AgencyId(NHS), role=Role.PLACING_ICB)
    assert set(told(page)) == {THE_HOST, THE_ICB, placing_icb}
    assert "two allegations in 2022" in notice_to(page, THE_HOST).text
    assert "two allegations" not in notice_to(page, THE_ICB).text
    assert held(page, THE_ICB) == {ALLEGED: "S21"}
    assert set(story.owes(ObligationKind.GIVE_INFORMATION)) == {f"r-1/{POLICE}:"}


def test_M013_a_reply_is_matched_by_its_request(story: Story) -> None:
    early = says(story, "information.request.answered")
    assert early.waiting[0].why == "request `r-1` has not come"
    says(story, "information.request.issued", request_id="r-5")
    stranger = says(story, "information.request.answered", request_id="r-5", by=NHS)
    other = says(story, "information.request.answered", request_id="r-5", requester=SURREY)

    assert [where for where, _ in refused(stranger)] == ["/data/by"]
    assert [where for where, _ in refused(other)] == ["/data/requester"]


def test_M013_who_does_not_answer_stays_owing(story: Story) -> None:
    says(story, "information.request.issued")
    story.now += timedelta(days=30)

    story.happens("themes.agreed")

    assert len(story.owes(ObligationKind.GIVE_INFORMATION)) == 2


def test_N004_each_decision_cites_a_law_of_the_register_that_is_in_force_that_day(
    story: Story,
) -> None:
    assert refused(says(story, "legal.basis.recorded")) == []
    unknown = says(story, "legal.basis.recorded", code="care-act-442")
    ended = says(story, "legal.basis.recorded", code="gdpr-2016-679")
    then = says(story, "legal.basis.recorded", code="gdpr-2016-679", from_day="2020-06-01")

    assert "did you mean `care-act-42`?" in refused(unknown)[0][1]
    assert (
        "is not in force on 2026-12-01: it is from 2018-05-25 to 2020-12-31" in refused(ended)[0][1]
    )
    assert refused(then) == []


def test_N004_a_law_that_is_no_basis_for_this_kind_of_sender_is_refused(story: Story) -> None:
    page = says(story, "legal.basis.recorded", code="uk-gdpr-6-1-f")

    says_why = "`uk-gdpr-6-1-f` is no basis for a public body; it is for: private provider"
    assert refused(page) == [("/data/code", says_why)]


def test_N004_the_register_is_part_of_the_pack_and_is_checked_like_the_rest() -> None:
    assert {law.code for law in pack().legal} >= {"care-act-42", "uk-gdpr-6-1-e"}
    twice = changed("sharing.toml", 'code = "care-act-45"', 'code = "care-act-42"')
    ends = changed("sharing.toml", "until = 2020-12-31", "until = 2017-12-31")
    sender = changed("sharing.toml", 'for = "police"', 'for = "polices"')

    assert [fault.says for fault in faults_of(twice)] == ["`care-act-42` stands twice"]
    assert [fault.says for fault in faults_of(ends)] == ["is before `since`"]
    assert [fault.did_you_mean for fault in faults_of(sender)] == ["police"]


def test_N017_an_adults_wishes_go_to_who_placed_them_and_stand_beside_each_decision(
    story: Story,
) -> None:
    page = says(story, "adult.wishes.recorded")

    assert told(page) == {THE_SURREY: "adult-wishes"}
    words = notice_to(page, THE_SURREY).text
    assert "Your record number: SCC-1. not with my brother." in words
    assert verdicts(page)[THE_PROVIDER] == "nothing"


def test_N017_to_override_what_an_adult_asked_takes_a_reason(story: Story) -> None:
    says(story, "adult.wishes.recorded")
    decided = {
        "party": PROVIDER,
        "role": "provider",
        "info": "placed adult",
        "condition": "vital interests",
        "basis": "uk-gdpr-6-1-d",
    }

    without = says(story, "disclosure.authorised", **decided)
    given = says(story, "disclosure.authorised", **decided, override_reason="to keep them alive")

    assert refused(without) == [
        (
            "/data/override_reason",
            "an adult asked: `do not share`; an override needs its reason (000 6)",
        )
    ]
    assert refused(given) == []


def test_N018_the_seven_questions_are_all_answered_or_it_is_no_assessment() -> None:
    whole = SAID["disclosure.assessed"]
    for field in ("proportionate", "relevant", "adequate", "accurate", "timely", "secure"):
        with pytest.raises(ValidationError):
            EVENTS["disclosure.assessed"].model_validate(
                {k: v for k, v in whole.items() if k != field}
            )
    with pytest.raises(ValidationError):
        EVENTS["disclosure.assessed"].model_validate({**whole, "necessary": None})


def test_N018_without_a_reason_why_it_is_needed_it_is_held_and_nobody_may_authorise_it(
    story: Story,
) -> None:
    says(story, "disclosure.assessed", necessary=None, review_due=LATER.isoformat())

    (hold,) = story.concern.holds
    assert (str(hold.id), hold.kind, [*hold.classes]) == ("necessity-a-1", HoldKind.H6, [ALLEGED])
    review = story.owes(ObligationKind.REVIEW_HOLD)
    assert {o.due for o in review.values()} == {LATER}
    page = says(story, "disclosure.authorised")
    assert [where for where, _ in refused(page)] == ["/data/info"]

    says(story, "disclosure.assessed")

    assert story.concern.holds == ()
    assert refused(says(story, "disclosure.authorised")) == []


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"authority": NHS}, "/data/authority"),
        ({"info": "themes"}, "/data/info"),
        ({"info": "process"}, "/data/info"),
        ({"party": "gss:E10000014"}, "/data/party"),
        ({"decided_at": (START + timedelta(days=1)).isoformat()}, "/data/decided_at"),
    ],
)
def test_N019_only_whose_decision_it_is_decides_and_only_what_is_theirs_to_decide(
    story: Story, data: dict[str, Any], pointer: str
) -> None:
    page = says(story, "disclosure.authorised", **data)

    assert pointer in [where for where, _ in refused(page)]
    assert story.concern.disclosures == ()
    assert page.notices == ()


def test_N019_another_publisher_may_not_record_what_the_host_decided(story: Story) -> None:
    event = story.made("disclosure.authorised", **SAID["disclosure.authorised"])
    object.__setattr__(event, "source", "https://cases.sussex-police.example/concerns")

    page = story.takes(event)

    assert "/data/authority" in [where for where, _ in refused(page)]


def test_N019_the_conditions_are_a_closed_list() -> None:
    with pytest.raises(ValidationError):
        EVENTS["disclosure.authorised"].model_validate(
            {**SAID["disclosure.authorised"], "condition": "curiosity"}
        )


def test_N019_a_decision_frees_one_class_for_one_party_and_for_nobody_else(story: Story) -> None:
    says(story, "information.request.issued", to=[SURREY, NHS])

    says(story, "disclosure.authorised")

    later = says(story, "information.request.issued", request_id="r-2", to=[SURREY, NHS])
    assert classes_told(later, THE_SURREY) == NAMED
    assert classes_told(later, THE_ICB) == BOTH


def test_N022_what_was_shared_without_consent_has_its_rationale_and_is_never_changed(
    story: Story,
) -> None:
    with pytest.raises(ValidationError):
        EVENTS["disclosure.recorded"].model_validate(
            {**SAID["disclosure.recorded"], "rationale": None}
        )

    page = says(story, "disclosure.recorded")
    same = says(story, "disclosure.recorded")
    other = says(story, "disclosure.recorded", rationale="somebody asked")

    assert told(page) == {}
    assert refused(same) == []
    assert [where for where, _ in refused(other)] == ["/data/disclosure_id"]


def test_N023_a_decision_not_to_share_is_kept_reviewed_and_closes_what_was_owed(
    story: Story,
) -> None:
    says(story, "information.request.issued")
    assert story.owes(ObligationKind.DECIDE_DISCLOSURE)

    says(story, "disclosure.withheld")

    assert not story.owes(ObligationKind.DECIDE_DISCLOSURE)
    (hold,) = story.concern.holds
    assert (str(hold.id), hold.party, hold.review_due) == ("withheld-d-2", THE_SURREY, LATER)
    assert {o.due for o in story.owes(ObligationKind.REVIEW_HOLD).values()} == {LATER}
    page = says(story, "information.request.issued", request_id="r-2", to=[SURREY])
    assert "Sam Field" not in notice_to(page, THE_SURREY).text
    found = gaps(story.concern, story.paper.standing.history, {}, START)
    assert "still held from it" not in "".join(g.says for g in found if g.party == THE_SURREY)


def test_N023_whoever_decided_decides_otherwise(story: Story) -> None:
    says(story, "disclosure.withheld")

    page = says(story, "disclosure.authorised")

    assert told(page) == {THE_SURREY: "now-told"}
    assert story.concern.holds == ()


def test_N021_a_channel_that_is_not_accredited_holds_what_is_sensitive_until_it_is(
    story: Story,
) -> None:
    page = says(story, "control.verified")

    assert told(page) == {THE_HOST: "control-not-met"}
    assert "channel accreditation" in notice_to(page, THE_HOST).text
    later = story.happens("themes.agreed")
    assert held(later, THE_SURREY)[InfoClass.THEMES] == "placed-hold"
    assert {h.kind for h in story.concern.holds} == {HoldKind.H7}

    met = says(story, "control.verified", outcome="met", review_due=None, valid_until="2027-12-01")

    assert story.concern.holds == ()
    assert told(met) == {}
    (renewed,) = story.owes(ObligationKind.RENEW_CHECK).values()
    assert renewed.due.date() == date(2027, 12, 1)


def test_N021_who_reads_there_is_checked_again_when_the_check_is_too_old(story: Story) -> None:
    says(
        story,
        "control.verified",
        control="recipient identity",
        outcome="met",
        review_due=None,
        valid_until="2027-12-01",
    )

    (owed,) = story.owes(ObligationKind.RENEW_CHECK).values()
    assert (owed.party, owed.due.date()) == (THE_HOST, date(2027, 12, 1))
    assert story.concern.holds == ()
