"""Whole checks over real packets: what they say of each network, and what they do to it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.lab import cases
from tests.lab.cases import of
from tests.lab.checking import Call, Checked, unaccounted
from tests.lab.lab import REPOSITORY
from tests.lab.needs import missing
from tests.lab.spec import FAR_AVAMAR, FAR_DATADOMAIN, NEAR_AVAMAR, NEAR_DATADOMAIN

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(missing()), reason=missing())]

SCHEMA = json.loads((REPOSITORY / "docs/verdict.schema.json").read_text())

# --- a device that cuts the pair off --------------------------------------------------


@of(cases.QUARANTINES, cases.MORE_QUARANTINES)
def test_a_quarantine_is_proved_and_placed(call: Call, checked: Checked) -> None:
    segment, blocked, traffic = (cases.QUARANTINES | cases.MORE_QUARANTINES)[call.scenario]
    assert checked.cause == ("fault", "source-quarantined", "confirmed")
    assert (checked.status, checked.document["also"]) == (1, [])
    assert checked.trips == 1
    place = checked.location
    assert place["between"] == checked.true_place
    assert (place["segment"], place["direction"]) == (segment, "both")
    assert place["boundary"] is (len(set(place["owners"])) > 1)
    trigger = checked.trigger
    assert (trigger["sent"], trigger["blocked"], trigger["traffic"]) == (True, blocked, traffic)
    flow = ("nfs", 2049) if call.scenario == "nfs-call" else ("portmapper", 111)
    assert (trigger["service"], trigger["port"]) == flow
    assert trigger["quarantine_seconds"] == pytest.approx(20.0, abs=1.5)
    assert trigger["quarantine_at_least"] is None


@of(["account", "account-at-a-edge"], ["tcp-only", "account-whole"])
def test_at_a_boundary_both_owners_are_named(call: Call, checked: Checked) -> None:
    site = "seoul" if call.scenario == "account-at-a-edge" else "busan"
    titles = {"seoul": "A기관 서울", "busan": "B기관 부산", "carrier": "Upper institution"}
    document = checked.document
    assert set(checked.location["owners"]) == {"carrier", site}
    assert checked.location["boundary"] is True
    assert {advice["owner"] for advice in document["advice"]} == {"carrier", site}
    assert titles["carrier"] in document["summary"]
    assert titles[site] in document["summary"]


@of(cases.REFUTING, ["account-whole", "tcp-only"])
@pytest.mark.parametrize("cause", cases.WRONG_TRACKS)
def test_the_accounts_wrong_tracks_are_refuted(checked: Checked, cause: str) -> None:
    finding = checked.finding(cause)
    assert finding["stance"] == "refuted", finding
    assert checked.evidence(*finding["evidence"])


@of(["account"])
def test_what_vanished_is_refuted_by_what_was_seen_in_the_dark(checked: Checked) -> None:
    for cause in ("low-bandwidth", "link-errors", "transit-fault"):
        cited = checked.evidence(*checked.finding(cause)["evidence"])
        assert {item["phase"] for item in cited} & {"trigger", "aftermath"}, cause


@of(["account-in-carrier"], ["tcp-only-in-carrier"])
def test_a_carrier_that_blocks_is_not_acquitted(checked: Checked) -> None:
    assert checked.finding("transit-fault")["stance"] != "refuted"


@of(["account"])
def test_the_verdict_does_not_wait_for_the_recovery(checked: Checked) -> None:
    assert checked.document["seconds_to_verdict"] < 20
    assert checked.document["seconds"] > checked.document["seconds_to_verdict"] + 5
    assert checked.record["checks"][0]["earlier_verdicts"][0]["cause"] == "source-quarantined"


@of([cases.TIMERS[0]])
def test_a_timer_that_our_own_packets_renew_is_measured(checked: Checked) -> None:
    """TCP sends the call again for some 2 s, and each of them sets the 20 s anew."""
    assert checked.cause == ("fault", "source-quarantined", "confirmed")
    assert checked.trips == 1
    assert 20.0 <= checked.trigger["quarantine_seconds"] <= 25.0


@of([cases.TIMERS[1], cases.TIMERS[3]])
def test_a_quarantine_that_was_not_seen_to_end_has_a_lower_bound(
    call: Call, checked: Checked
) -> None:
    assert checked.cause == ("fault", "source-quarantined", "confirmed")
    assert checked.location["between"] == checked.true_place
    assert checked.trigger["quarantine_seconds"] is None
    assert checked.trigger["quarantine_at_least"] >= call.watch + 2.0
    assert checked.document["seconds"] < call.watch + 20
    assert checked.record["checks"][0]["residues"]


@of([cases.TIMERS[2]])
def test_a_check_that_starts_in_the_dark_blames_no_carrier(checked: Checked) -> None:
    document = checked.document
    assert (document["cause"], document["confidence"]) == ("source-quarantined", "likely")
    assert (checked.trips, checked.trigger["sent"]) == (0, False)
    assert checked.location["segment"] == "busan"
    assert checked.location["between"] == checked.true_place
    assert checked.trigger["quarantine_seconds"] is None
    assert checked.trigger["quarantine_at_least"] > 5.0
    assert checked.finding("transit-fault")["stance"] == "refuted"


@of(cases.NO_CONSENT)
def test_without_consent_nothing_is_sent(checked: Checked) -> None:
    document = checked.document
    assert checked.cause == ("inconclusive", None, None)
    assert checked.status == 3
    assert checked.trips in (None, 0)
    assert (checked.trigger["sent"], checked.trigger["not_sent_reason"]) == (False, "no-consent")
    tried = {gap["to"] for gap in checked.gaps("not-tried") if gap["probe"] == "exchange"}
    assert tried == {FAR_DATADOMAIN}
    assert {item["phase"] for item in document["evidence"]} == {"baseline"}
    assert not {"exchange", "sweep"} & {item["probe"] for item in document["evidence"]}
    check = checked.record["checks"][0]
    assert (check["triggers"], check["consents"]) == ([], [])
    assert checked.finding("source-quarantined")["stance"] == "unknown"
    assert document["advice"]


# --- networks that are healthy, or lose packets ---------------------------------------


@of(cases.HEALTHY, [*cases.MORE_HEALTHY, *cases.AGAIN_HEALTHY])
def test_healthy_networks_are_healthy(checked: Checked) -> None:
    assert (checked.cause, checked.status) == (("healthy", None, None), 0), checked.document
    required = [flow for flow in checked.document["flows"] if flow["required"]]
    assert [flow["result"] for flow in required] == ["ok", "ok"]
    assert [f for f in checked.document["findings"] if f["stance"] == "supported"] == []
    check = checked.record["checks"][0]
    sent = [(row["what"]["port"], row["what"]["message"]) for row in check["triggers"]]
    assert sent == [(port, word) for port in (111, 2049) for word in ("control", "call")]


@of(cases.LOSSY, cases.AGAIN_LOSSY)
def test_loss_is_loss_and_never_a_block(checked: Checked) -> None:
    assert checked.cause[:2] == ("fault", "packet-loss")
    assert (checked.status, checked.document["also"]) == (1, [])
    assert checked.location is None or checked.location["between"] is None
    for cause in ("unreachable", "source-quarantined", "payload-blocked", "port-filtered"):
        assert checked.finding(cause)["stance"] != "supported"


# --- other faults ---------------------------------------------------------------------


@of(cases.PLACED, cases.MORE_PLACED)
def test_a_fault_on_the_path_is_placed(call: Call, checked: Checked) -> None:
    cause, segment, direction = (cases.PLACED | cases.MORE_PLACED)[call.scenario]
    assert checked.cause == ("fault", cause, "confirmed")
    assert (checked.status, checked.document["also"]) == (1, [])
    place = checked.location
    assert place["between"] == checked.true_place
    assert (place["segment"], place["direction"], place["host"]) == (segment, direction, None)
    assert place["boundary"] is (len(set(place["owners"])) > 1)
    assert {advice["owner"] for advice in checked.document["advice"]} == set(place["owners"])


@of(cases.ON_A_HOST, cases.MORE_ON_A_HOST)
def test_a_fault_of_a_host_is_the_hosts(call: Call, checked: Checked) -> None:
    assert checked.cause == (
        "fault",
        (cases.ON_A_HOST | cases.MORE_ON_A_HOST)[call.scenario],
        "confirmed",
    )
    assert checked.status == 1
    place = checked.location
    assert (place["host"], place["segment"]) == (FAR_DATADOMAIN, "busan")
    assert (place["between"], place["boundary"]) == (None, False)
    assert [advice["owner"] for advice in checked.document["advice"]] == ["busan"]


@of(["reply-drop"])
def test_an_eaten_answer_is_told_from_an_eaten_call(checked: Checked) -> None:
    assert checked.cause[:2] == ("fault", "payload-blocked")
    assert checked.location["direction"] == "far-to-near"
    assert checked.location["between"] in (None, checked.true_place)


@of(["no-route"])
def test_a_missing_route_in_one_direction_is_seen_as_such(checked: Checked) -> None:
    """Busan's packets arrive in Seoul; Seoul's answers have no way."""
    assert checked.cause[:2] == ("fault", "no-return-path")
    assert checked.location["direction"] == "near-to-far"
    assert "carrier" in checked.location["owners"]


@of([], ["no-return"])
def test_a_lost_way_back_is_placed_from_both_sides(checked: Checked) -> None:
    assert checked.cause[:2] == ("fault", "no-return-path")
    assert checked.location["direction"] == "far-to-near"
    assert checked.location["between"] == checked.true_place


@of([], ["payload-drop-clamped"])
def test_where_sweeps_are_void_no_place_is_claimed(checked: Checked) -> None:
    assert checked.cause == ("fault", "payload-blocked", "likely")
    assert not checked.location or not any(checked.location["between"] or ())


@of([], ["one-sided"])
def test_a_one_sided_view_is_at_most_likely(checked: Checked) -> None:
    assert checked.cause == ("fault", "source-quarantined", "likely")
    assert checked.location["between"] == [checked.true_place[0], None]
    assert {gap["from"] for gap in checked.gaps("refused")} >= {FAR_AVAMAR, FAR_DATADOMAIN}


@of([], ["bare-hosts"])
def test_hosts_without_tools_are_gaps_and_no_health(checked: Checked) -> None:
    assert (checked.cause, checked.status) == (("inconclusive", None, None), 3)
    assert {gap["from"] for gap in checked.gaps("not-available")} >= {NEAR_AVAMAR, FAR_AVAMAR}


# --- every check ----------------------------------------------------------------------


@of(cases.CALLS, cases.MORE_CALLS)
def test_every_document_keeps_the_contract(checked: Checked) -> None:
    document = checked.document
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert checked.status == {"healthy": 0, "fault": 1, "inconclusive": 3}[document["outcome"]]
    assert document["stopped"] is False
    assert (document["near"], document["far"]) == ("seoul", "busan")
    for finding in document["findings"]:
        cited = checked.evidence(*finding["evidence"])
        assert cited or finding["stance"] == "unknown", finding
    check = checked.record["checks"][-1]
    assert (check["id"], check["state"]) == (document["check"], "finished")
    assert check["verdict"] == document


@of(cases.CALLS, cases.MORE_CALLS)
def test_every_check_clears_up_or_says_what_it_left(checked: Checked) -> None:
    residues = checked.record["checks"][-1]["residues"]
    assert unaccounted(checked.leftovers, residues) == []


@of(cases.CALLS, cases.MORE_CALLS)
def test_every_check_is_gentle_with_hosts(checked: Checked) -> None:
    """Nine channels at most on one connection; one at a time, and few, where each is audited."""
    asked = {item["from"] for item in checked.document["evidence"]}
    for host, most in checked.channels.items():
        bound = 1 if host in (NEAR_DATADOMAIN, FAR_DATADOMAIN) else 9
        assert (host in asked) <= most <= bound, host
    assert len(checked.audits[NEAR_DATADOMAIN]) <= 16
    assert len(checked.audits[FAR_DATADOMAIN]) <= 25
