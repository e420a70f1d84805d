"""From a signature in the yard to an entry in the log: without a connection, twice, stale, forked, after a loss."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from ledger.event import parse_event
from ledger.keys import parse_public_key
from ledger.statement import verify_envelope
from tests.api.served import SEQUENCE, Served
from tests.web.yard.phone import PIN, Phone, enrol, open_phone
from tests.web.yard.test_people import registration

pytestmark = pytest.mark.slow

SIGN_AGAIN = "return (await outbox.signAgain(arg, await yard.people.session())).map(({event}) => event)"


def test_a_statement_signed_without_connection_is_recorded_and_proven_when_it_is_back(
    phone: Phone, served: Served
) -> None:
    yard = served.yard
    phone.employ(yard.workshop)
    unit = yard.new_unit_id()
    phone.offline()
    registered = phone.state("unit.registered", **registration(unit))
    discarded = phone.state("unit.discarded", units=[unit], reason="end_of_life")
    assert phone.item(discarded)["payload"]["units"][0]["prev"] == registered
    assert phone.flush()["unsent"] == 2

    phone.offline(False)
    counts = phone.flush()
    assert counts["recorded"] + counts["proven"] == 2
    served.cover()
    assert phone.flush()["proven"] == 2
    entry = served.get(f"/v1/events/{discarded}", token=served.token(yard.workshop), accept="application/cose")
    assert entry.content == phone.raws()[1]
    item = phone.item(discarded)
    assert item["index"] > phone.item(registered)["index"]
    receipt = phone.run("return yard.bytes.hex((await outbox.item(arg)).receipt)", discarded)
    assert receipt.startswith("d284")


def test_what_was_signed_here_python_verifies(phone: Phone, served: Served) -> None:
    person = phone.employ(served.yard.workshop)
    phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    [raw] = phone.raws()
    event = parse_event(raw)
    key = served.yard.state[f"key/{person['party']}/{person['kid']}"]
    verify_envelope(event.envelope, parse_public_key(key["spki"]))
    assert event.payload.site == served.yard.workshop.site


def test_flushing_twice_at_once_records_once(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    for _ in range(5):
        phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    before = served.size
    sent = phone.run(
        """let posts = 0; const real = ledger.submit.bind(ledger);
           ledger.submit = (raws) => { posts += raws.length; return real(raws); };
           await Promise.all([outbox.flush(), outbox.flush(), outbox.flush()]);
           return posts;"""
    )
    assert sent == 5
    assert statements_since(served, before) == 5
    assert phone.flush()["open"] == 0


def test_a_lost_answer_is_asked_for_again_and_nothing_is_recorded_twice(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    before = served.size

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    phone.context.route("**/v1/events", lose, times=1)
    assert phone.flush()["unsent"] == 1
    assert statements_since(served, before) == 1
    # After a failure it waits, unless it is told not to.
    assert phone.run("return outbox.flush()")["unsent"] == 1
    phone.flush()
    assert phone.item(event)["state"] in ("recorded", "proven")
    assert statements_since(served, before) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "content_type": "text/html", "body": "<h1>Bienvenido a la red del hotel</h1>"},
        {"status": 403, "content_type": "application/json", "body": '{"message": "Forbidden"}'},
        {"status": 200, "content_type": "text/html", "body": "<h1>Acepte las condiciones</h1>"},
        {"status": 200, "content_type": "application/json", "body": '{"results": []}'},
        {"status": 503, "content_type": "application/problem+json", "body": '{"status": 503}'},
    ],
    ids=["a network refuses", "a proxy refuses", "a login page", "too few results", "the ledger is busy"],
)
def test_what_is_no_verdict_of_the_ledger_refuses_nothing(phone: Phone, served: Served, answer: dict[str, Any]) -> None:
    phone.employ(served.yard.workshop)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    phone.context.route("**/v1/events", lambda route: route.fulfill(**answer), times=1)
    phone.flush()
    assert (phone.item(event)["state"], phone.item(event)["problem"]) == ("unsent", None)
    phone.flush()
    assert phone.item(event)["state"] in ("recorded", "proven")


def test_a_clock_that_was_ahead_is_mended_by_signing_again(phone: Phone, served: Served) -> None:
    phone.pass_time(3600)
    phone.employ(served.yard.workshop)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    phone.flush()
    assert phone.item(event)["problem"]["problem"] == "time-out-of-bounds"
    phone.pass_time(-3600)
    [fresh] = phone.run(SIGN_AGAIN, event)
    phone.flush()
    assert phone.item(fresh)["state"] in ("recorded", "proven")


def test_a_clock_behind_another_phone_s_signs_for_the_moment_of_what_it_builds_on(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    unit = served.yard.new_unit_id()
    phone.pass_time(240)
    registered = phone.state("unit.registered", **registration(unit))
    phone.pass_time(-240)
    discarded = phone.run(
        """const units = await yard.known.unitLinks([arg]);
           const session = await yard.people.session();
           return (await outbox.state(session, "unit.discarded", {units, reason: "end_of_life"})).event;""",
        unit,
    )
    assert phone.item(discarded)["occurred_at"] == phone.item(registered)["occurred_at"]
    phone.flush()
    assert phone.item(discarded)["state"] in ("recorded", "proven")


def test_a_page_that_ended_while_sending_sends_again(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    phone.context.route("**/v1/events", _never_answer, times=1)
    phone.run("void outbox.flush()")
    phone.wait_until("(await outbox.item(arg)).state === 'sent'", event)
    phone.reload()
    assert phone.run("return outbox.counts()")["sent"] == 1
    phone.flush()
    assert phone.item(event)["state"] in ("recorded", "proven")


def test_what_waits_is_recorded_when_its_parent_comes(phone: Phone, served: Served) -> None:
    yard = served.yard
    phone.employ(yard.workshop)
    unit = yard.new_unit_id()
    parent = phone.state("unit.registered", **registration(unit))
    child = phone.state("unit.discarded", units=[unit], reason="damaged")
    raws = phone.raws()
    answered = served.post("/v1/events", raws[1], SEQUENCE).json()["results"]
    assert answered[0]["status"] == 202
    phone.flush()
    assert [phone.item(event)["state"] in ("recorded", "proven") for event in (parent, child)] == [True, True]


def test_a_key_that_is_enrolled_late_makes_the_same_bytes_good(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    phone.unlock(person)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    phone.flush()
    item = phone.item(event)
    assert (item["state"], item["problem"]["problem"]) == ("refused", "key-unknown")
    enrol(served, person, ["custody"])
    phone.run("await outbox.retry(arg)", event)
    phone.flush()
    assert phone.item(event)["state"] in ("recorded", "proven")


def test_a_stale_statement_is_mended_in_one_step_and_what_builds_on_it_too(phone: Phone, served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    served.send()
    phone.employ(yard.maker)
    phone.learn(f"unit/{pack}")
    phone.offline()
    stale = phone.state("unit.placed_on_market", units=[pack])
    child = phone.state("unit.installed", units=[pack])
    # Meanwhile somebody else of the party, who signs with another key, is faster.
    served.pass_time(120)
    yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    served.send()
    phone.offline(False)
    assert phone.flush()["refused"] == 2
    problem = phone.item(stale)["problem"]
    assert problem["problem"] == "conflicting-statement"

    fresh = phone.run(SIGN_AGAIN, stale)
    phone.flush()
    assert len(fresh) == 2
    assert [phone.item(event)["state"] in ("recorded", "proven") for event in fresh] == [True, True]
    assert [phone.item(event)["state"] for event in (stale, child)] == ["mended", "mended"]
    assert phone.item(stale)["mended_by"] == fresh[0]
    anew = phone.item(fresh[0])["payload"]
    assert anew["units"][0]["prev"] == yard.head(f"unit/{pack}")
    # It cannot have happened before what it now builds on.
    assert anew["occurred_at"] > phone.item(stale)["occurred_at"]
    assert anew["restates"] == stale


def test_a_statement_that_lost_a_conflict_is_restated(phone: Phone, served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    served.send()
    phone.employ(yard.maker)
    phone.learn(f"unit/{pack}")
    phone.offline()
    second = phone.state("unit.placed_on_market", units=[pack])
    first = yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    served.send()
    phone.offline(False)
    phone.flush()
    problem = phone.item(second)["problem"]
    assert (problem["problem"], problem["first"]) == ("conflicting-statement", first)
    [fresh] = phone.run(SIGN_AGAIN, second)
    phone.flush()
    assert phone.item(fresh)["payload"]["restates"] == second
    assert phone.item(fresh)["state"] in ("recorded", "proven")


@pytest.mark.parametrize("reads", [True, False], ids=["heads are fetched", "the key reads nothing"])
def test_what_others_overtook_is_mended_without_being_restated(phone: Phone, served: Served, *, reads: bool) -> None:
    yard = served.yard
    consignor = yard.new_party("Taller Segundo, S.A. de C.V.")
    packs = [yard.waste_pack(consignor) for _ in range(2)]
    if f"permits/{yard.carrier.party}" not in yard.state:
        yard.permit(yard.carrier, "transport")
        yard.permit(yard.recycler, "recycling", "collection")
    con = yard.offer(consignor, yard.recycler, packs[:1], [yard.carrier], units_total=2)
    served.send()
    person = phone.employ(yard.carrier)
    phone.learn(f"act/{con}", *(f"unit/{pack}" for pack in packs))
    yard.say(
        consignor,
        "consignment.offered",
        consignment=con,
        prev=yard.head(f"act/{con}"),
        units=packs[1:],
        purpose="waste_rme",
        consignee=yard.recycler.party,
        carriers=[yard.carrier.party],
        units_total=2,
    )
    served.send()
    picked = phone.state("consignment.picked_up", consignment=con, prev="known", units=packs[:1])
    phone.flush()
    assert phone.item(picked)["problem"]["problem"] == "stale-head"
    if not reads:
        phone.context.route("**/oauth/token", lambda route: route.fulfill(status=401, body=""))
    [fresh] = phone.run(SIGN_AGAIN, picked)
    phone.flush()
    assert phone.item(fresh)["state"] in ("recorded", "proven"), phone.item(fresh)["problem"]
    assert "restates" not in phone.item(fresh)["payload"]
    assert phone.item(fresh)["mends"] == picked
    assert person["kid"] == phone.item(fresh)["kid"]


def test_nothing_is_signed_again_before_the_person_agrees_to_all_of_it(phone: Phone, served: Served) -> None:
    yard = served.yard
    unit = yard.new_unit_id()
    phone.pass_time(3600)
    phone.employ(yard.workshop)
    registered = phone.state("unit.registered", **registration(unit))
    discarded = phone.state("unit.discarded", units=[unit], reason="end_of_life")
    phone.pass_time(-3600)
    phone.flush()
    assert phone.item(registered)["problem"]["problem"] == "time-out-of-bounds"

    again = """const session = await yard.people.session();
               const agreed = (payloads) => { window.said = payloads; %s };
               await outbox.signAgain(arg, session, agreed)"""
    refused = phone.refusal(again % "throw new (class extends Error { code = 'no' })()", registered)

    assert refused["code"] == "no"
    assert len(phone.raws()) == 2
    phone.run(again % "", registered)
    said = phone.run("return said")
    assert [payload["kind"] for payload in said] == ["unit.registered", "unit.discarded"]
    fresh = phone.run("return (await outbox.items()).slice(2).map(({raw, receipt, ...item}) => item)")
    assert [item["mends"] for item in fresh] == [registered, discarded]
    assert [item["occurred_at"] for item in fresh] == [payload["occurred_at"] for payload in said]


@pytest.mark.parametrize("problem", ["none", "authorisation-missing"])
def test_only_what_lost_a_race_is_signed_again(phone: Phone, served: Served, problem: str) -> None:
    yard = served.yard
    pack = yard.waste_pack()
    served.send()
    phone.employ(yard.workshop)
    phone.learn(f"unit/{pack}")
    event = phone.state(
        "consignment.offered",
        consignment=yard.new_id("con"),
        prev=None,
        units=[pack],
        purpose="waste_rme",
        consignee=yard.new_party("Sin Permiso, S.A. de C.V.").party,
        units_total=1,
    )
    served.send()
    if problem != "none":
        phone.flush()
        assert phone.item(event)["problem"]["problem"] == problem
    again = "await outbox.signAgain(arg, await yard.people.session())"
    assert phone.refusal(again, event)["code"] == "not-mendable"


def test_a_unit_that_the_phone_has_not_seen_cannot_be_moved_offline(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    unit = served.yard.new_unit_id()
    refused = phone.refusal("await yard.known.unitLinks([arg])", unit)
    assert refused == {"code": "unknown-head", "subject": f"unit/{unit}"}
    phone.learn(f"unit/{unit}")
    assert phone.run("return yard.known.unitLinks([arg])", unit) == [{"id": unit, "prev": None}]


def test_after_a_loss_the_kit_and_the_export_bring_everything_back(
    browser: Browser, phone: Phone, served: Served, address: str
) -> None:
    person = phone.employ(served.yard.workshop)
    phone.offline()
    units = [served.yard.new_unit_id() for _ in range(3)]
    events = [phone.state("unit.registered", **registration(unit)) for unit in units]
    passphrase = phone.run("return yard.people.newPassphrase()")
    kit = phone.run("return yard.people.exportKit(arg[0], arg[1], arg[2])", [person["kid"], PIN, passphrase])
    files = phone.run(
        "return yard.handover.packAll(await outbox.items({open: true})).map((file) => yard.bytes.base64url(file))"
    )
    assert len(files) == 1
    with open_phone(browser, served, address) as fresh:
        restored = fresh.run(
            "return yard.people.importKit(arg[0], arg[1], {name: 'Ana', pin: '135791'})", [kit, passphrase]
        )
        take = "return outbox.take(await yard.handover.unpack(yard.bytes.fromBase64url(arg)))"
        assert fresh.run(take, files[0]) == {"added": 3, "known": 0}
        assert fresh.run(take, files[0]) == {"added": 0, "known": 3}
        assert [item["mine"] for item in fresh.run("return outbox.items()")] == [True] * 3
        fresh.unlock(restored)
        # It goes on where the lost phone ended.
        later = fresh.state("unit.discarded", units=[units[0]], reason="end_of_life")
        assert fresh.item(later)["payload"]["units"][0]["prev"] == events[0]
        counts = fresh.flush()
        assert counts["recorded"] + counts["proven"] == 4
    # The lost phone turns up and sends too: the same answers.
    phone.offline(False)
    counts = phone.flush()
    assert counts["recorded"] + counts["proven"] == 3


def test_it_sends_by_itself_when_the_connection_is_back_and_tells_other_tabs(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    phone.run("outbox.start()")
    tab = phone.open_page()
    tab.evaluate("() => { window.told = 0; outbox.onChange(() => { window.told += 1; }); }")
    phone.offline()
    event = phone.run(
        "return (await outbox.state(await yard.people.session(), 'unit.registered', arg)).event",
        registration(served.yard.new_unit_id()),
    )
    phone.page.wait_for_timeout(200)
    assert phone.item(event)["state"] == "unsent"
    phone.offline(False)
    phone.wait_until("['recorded', 'proven'].includes((await outbox.item(arg)).state)", event)
    assert tab.evaluate("window.told") > 0
    phone.run("outbox.stop()")


def test_a_photo_is_deposited_under_the_digest_that_statements_cite(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    cited = phone.run(
        """return ledger.deposit(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1]), "image/jpeg",
                                 await yard.people.session())"""
    )
    assert (cited["bytes"], cited["media_type"]) == (12, "image/jpeg")
    found = served.get(f"/v1/blobs/{cited['digest']}", token=served.token(served.yard.workshop))
    assert found.status_code == 200


def test_a_token_is_asked_for_once_and_again_when_it_is_refused(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    asked: list[str] = []
    phone.context.on("request", lambda request: asked.append(request.url) if "/oauth/token" in request.url else None)
    heads = "return ledger.heads([arg], await yard.people.session())"
    subject = f"party/{served.yard.maker.party}"
    for _ in range(3):
        assert phone.run(heads, subject)[subject]["head"] == served.yard.head(subject)
    assert len(asked) == 1
    phone.context.route(
        "**/v1/heads",
        lambda route: route.continue_(headers={**route.request.headers, "authorization": "Bearer stale"}),
        times=1,
    )
    assert phone.run(heads, subject)[subject]["head"] == served.yard.head(subject)
    assert len(asked) == 2


def _never_answer(route: Route) -> None:
    """The page ends before the server does anything."""


def statements_since(served: Served, size: int) -> int:
    """Entries since then that are no ticks."""
    page = served.get(f"/v1/events?after={size - 1}&limit=200", token=served.token(served.yard.semarnat)).json()
    return sum(event["kind"] != "ledger.tick" for event in page["events"])
