"""A hand-over between two phones without a connection: as a file, as symbols on a screen, and what becomes of it."""

from __future__ import annotations

import json
from io import BytesIO
from urllib.parse import quote

import pytest
import zxingcpp
from PIL import Image

from ledger.domain.values import format_base64url, parse_base64url
from ledger.handover import cut_frames, format_frame, format_handover, parse_handover
from tests.api.served import Served
from tests.web.yard.phone import Phone, block_of_formats
from tests.web.yard.test_people import registration
from tests.yard import Actor

pytestmark = pytest.mark.slow

PACK_FOR = "return yard.bytes.base64url(yard.handover.pack(await outbox.forHandover(arg)))"
TAKE = "return outbox.take(await yard.handover.unpack(yard.bytes.fromBase64url(arg)))"


def test_the_vector_of_the_format_is_read_and_made_again(phone: Phone) -> None:
    file = bytes.fromhex(block_of_formats("text handover-file").replace("\n", ""))
    frames = json.loads(block_of_formats("json handover-frames"))
    made = phone.run(
        """const file = yard.bytes.fromHex(arg);
           const statements = await yard.handover.unpack(file);
           return {kinds: statements.map(({payload}) => payload.kind), frames: await yard.handover.framesOf(file),
                   events: statements.map(({event}) => event),
                   again: yard.bytes.hex(yard.handover.pack(statements))};""",
        file.hex(),
    )
    assert made["kinds"] == ["unit.discarded", "consignment.offered"]
    assert made["frames"] == frames
    assert made["again"] == file.hex()
    assert made["events"] == [event.id for event in parse_handover(file)]


def test_frames_come_together_in_any_order_and_over_and_over(phone: Phone) -> None:
    frames = json.loads(block_of_formats("json handover-frames"))
    seen = phone.run(
        """const collector = new yard.handover.Collector();
           const steps = [3, 1, 3, 0].map((n) => collector.add(arg[n]));
           const missing = collector.missing();
           const early = await collector.file().catch((error) => error.code);
           steps.push(collector.add(arg[2]));
           return {steps, missing, early, file: yard.bytes.hex(await collector.file())};""",
        frames,
    )
    assert [step["have"] for step in seen["steps"]] == [1, 2, 2, 3, 4]
    assert [step["whole"] for step in seen["steps"]] == [False] * 4 + [True]
    assert (seen["missing"], seen["early"]) == ([3], "handover-not-whole")
    assert seen["file"] == block_of_formats("text handover-file").replace("\n", "")


def test_frames_that_do_not_belong_together_are_refused(phone: Phone) -> None:
    frames = json.loads(block_of_formats("json handover-frames"))
    spoilt = {
        frames[1].replace("BIT1:2/4:0F3FF467", "BIT1:2/4:0F3FF468"): "handover-other",
        frames[1].replace("BIT1:2/4", "BIT1:2/3"): "handover-other",
        frames[1].replace("BIT1:2/4", "BIT1:5/4"): "handover-malformed",
        frames[1].replace("BIT1:2/4", "BIT1:02/4"): "handover-malformed",
        frames[1][:-1]: "handover-malformed",
        frames[0][:-3] + "000": "handover-malformed",
        "https://id.gs1.org/01/07501234567893/21/P000001": "handover-malformed",
    }
    for text, code in spoilt.items():
        refused = phone.refusal(
            "const collector = new yard.handover.Collector(); arg.forEach((frame) => collector.add(frame))",
            [frames[0], text],
        )
        assert refused["code"] == code, text


def test_frames_of_which_one_was_misread_are_refused_as_a_whole(phone: Phone) -> None:
    frames = json.loads(block_of_formats("json handover-frames"))
    misread = frames[1][:-3] + ("0" if frames[1][-3] != "0" else "1") + frames[1][-2:]
    refused = phone.refusal(
        """const collector = new yard.handover.Collector();
           arg.forEach((frame) => collector.add(frame));
           await collector.file();""",
        [frames[0], misread, *frames[2:]],
    )
    assert refused["code"] == "handover-malformed"


def test_a_damaged_file_is_refused_as_a_whole(phone: Phone) -> None:
    file = bytes.fromhex(block_of_formats("text handover-file").replace("\n", ""))
    [first, second] = [event.envelope.raw for event in parse_handover(file)]
    for spoilt in (
        b"",
        file[:-1],
        file + b"\xd2",
        second + first,
        first + first,
        first + b"\x00" + second,
        b"PK\x03\x04",
    ):
        refused = phone.refusal("await yard.handover.unpack(yard.bytes.fromBase64url(arg))", format_base64url(spoilt))
        assert refused["code"] == "handover-malformed", spoilt[:8]
    too_much = phone.refusal("await yard.handover.unpack(new Uint8Array(262145))")
    assert too_much["code"] == "handover-too-large"


def test_giver_and_carrier_sign_without_connection_and_the_carrier_uploads_both(
    phone: Phone, other_phone: Phone, served: Served
) -> None:
    giver, carrier = phone, other_phone
    pack, con = _offered_offline(giver, carrier, served)
    file = giver.run(PACK_FOR, [f"act/{con}"])
    assert carrier.run(TAKE, file) == {"added": 2, "known": 0}
    assert [item["mine"] for item in carrier.run("return outbox.items()")] == [False, False]
    picked = carrier.state("consignment.picked_up", consignment=con, prev="known", units=[pack])
    [discarded, offered] = [item["event"] for item in giver.run("return outbox.items()")]
    assert carrier.item(picked)["payload"]["prev"] == offered
    assert carrier.item(picked)["payload"]["units"][0]["prev"] == offered

    carrier.offline(False)
    assert _done(carrier) == 3
    stage = served.get(f"/v1/units/{quote(pack, safe='')}", token=served.token(served.yard.carrier)).json()
    assert stage["state"]["holder"] == served.yard.carrier.party
    # The giver's own upload finds all of it there.
    giver.offline(False)
    assert _done(giver) == 2
    assert {giver.item(event)["index"] for event in (discarded, offered)} == {
        carrier.item(event)["index"] for event in (discarded, offered)
    }


def test_the_child_that_comes_first_waits_for_the_giver(phone: Phone, other_phone: Phone, served: Served) -> None:
    giver, carrier = phone, other_phone
    pack, con = _offered_offline(giver, carrier, served)
    carrier.run(TAKE, giver.run(PACK_FOR, [f"act/{con}"]))
    picked = carrier.state("consignment.picked_up", consignment=con, prev="known", units=[pack])
    [raw] = carrier.raws()[2:]
    waiting = served.post("/v1/events", raw, {"content-type": "application/cose"})
    assert waiting.status_code == 202
    giver.offline(False)
    assert _done(giver) == 2
    carrier.offline(False)
    assert _done(carrier) == 3
    assert carrier.item(picked)["problem"] is None


def test_a_hand_over_goes_by_symbols_on_the_screen(phone: Phone, other_phone: Phone, served: Served) -> None:
    giver, carrier = phone, other_phone
    _, con = _offered_offline(giver, carrier, served)
    frames = giver.run(
        """const file = yard.handover.pack(await outbox.forHandover(arg));
           window.frames_ = await yard.handover.framesOf(file); return frames_;""",
        [f"act/{con}"],
    )
    read = []
    for n, text in enumerate(frames):
        giver.run("yard.qr.drawQr(document.querySelector('canvas'), frames_[arg], yard.handover.FRAME_SYMBOL)", n)
        image = Image.open(BytesIO(giver.png()))
        assert image.size == (340, 340)
        [symbol] = zxingcpp.read_barcodes(image)
        assert (symbol.text, symbol.ec_level) == (text, "M")
        read.append(symbol.text)
    taken = carrier.run(
        """const collector = new yard.handover.Collector();
           for (const frame of arg) collector.add(frame);
           return outbox.take(await yard.handover.unpack(await collector.file()));""",
        read,
    )
    assert taken == {"added": 2, "known": 0}


def test_frames_are_shown_one_after_another_until_told_to_stop(phone: Phone) -> None:
    frames = json.loads(block_of_formats("json handover-frames"))
    phone.run(
        """window.stop = new AbortController(); window.drawn = [];
           const canvas = document.querySelector('canvas'), context = canvas.getContext('2d');
           yard.qr.animate(canvas, arg, {fps: 20, signal: stop.signal, ...yard.handover.FRAME_SYMBOL})""",
        frames,
    )
    seen: set[str] = set()
    for _ in range(60):
        [symbol] = zxingcpp.read_barcodes(Image.open(BytesIO(phone.png())))
        seen.add(symbol.text)
        if len(seen) == 4:
            break
        phone.page.wait_for_timeout(30)
    assert seen == set(frames)
    phone.run("stop.abort()")
    before = phone.png()
    phone.page.wait_for_timeout(150)
    assert phone.png() == before


def test_a_link_is_drawn_as_small_as_it_can_be(phone: Phone) -> None:
    link = "https://id.gs1.org/01/07501234567893/21/P000001"
    phone.run("yard.qr.drawQr(document.querySelector('canvas'), arg)", link)
    image = Image.open(BytesIO(phone.png()))
    [symbol] = zxingcpp.read_barcodes(image)
    assert symbol.text == link
    assert image.size == (4 * (33 + 8), 4 * (33 + 8))


def test_taken_signatures_are_checked_with_the_keys_that_the_phone_has_seen(
    phone: Phone, other_phone: Phone, served: Served
) -> None:
    giver, carrier = phone, other_phone
    _, con = _offered_offline(giver, carrier, served)
    file = giver.run(PACK_FOR, [f"act/{con}"])
    told = """const statements = await yard.handover.unpack(yard.bytes.fromBase64url(arg));
              return Promise.all(statements.map(yard.known.signatureOf))"""
    assert carrier.run(told, file) == ["unknown", "unknown"]
    carrier.offline(False)
    carrier.run("await yard.known.rememberParty(ledger, arg)", served.yard.workshop.party)
    carrier.offline()
    assert carrier.run(told, file) == ["good", "good"]
    spoilt = parse_base64url(file)[:-1] + bytes([parse_base64url(file)[-1] ^ 1])
    assert carrier.run(told, format_base64url(spoilt)) == ["good", "bad"]


def test_what_was_forged_in_the_name_of_an_own_key_is_not_taken_for_own(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    unit = served.yard.new_unit_id()
    phone.offline()
    phone.state("unit.registered", **registration(unit))
    forged = phone.run(
        """const session = await yard.people.session(), {statement} = yard;
           const forger = {kid: session.kid, party: session.party, sign: async () => new Uint8Array(64)};
           const members = {units: await yard.known.unitLinks([arg]), reason: "end_of_life"};
           const made = await statement.sign(forger, statement.draft(session, "unit.discarded", members));
           return yard.bytes.base64url(yard.handover.pack([made]))""",
        unit,
    )
    told = """const [made] = await yard.handover.unpack(yard.bytes.fromBase64url(arg));
              return yard.known.signatureOf(made)"""
    assert phone.run(told, forged) == "bad"
    assert phone.run(TAKE, forged) == {"added": 1, "known": 0}
    assert [item["mine"] for item in phone.run("return outbox.items()")] == [True, False]
    of_another_algorithm = """const [person] = await yard.people.people(), [item] = await outbox.items();
                              const said = {...await yard.statement.parse(item.raw), alg: -7};
                              return yard.statement.verify(said, yard.bytes.fromBase64url(person.spki))"""
    assert phone.run(of_another_algorithm) is False


def test_only_what_the_receiver_needs_goes_along(phone: Phone, other_phone: Phone, served: Served) -> None:
    giver = phone
    _, con = _offered_offline(giver, other_phone, served)
    _offered_offline(giver, other_phone, served, employed=True)
    assert len(giver.run("return outbox.items()")) == 4
    [first, second] = parse_handover(parse_base64url(giver.run(PACK_FOR, [f"act/{con}"])))
    assert (first.payload.kind, second.payload.kind) == ("unit.discarded", "consignment.offered")
    assert second.payload.main_subject() == con


@pytest.mark.parametrize("units", [1, 40, 256])
def test_files_and_frames_are_as_small_as_pythons(phone: Phone, served: Served, units: int) -> None:
    phone.employ(served.yard.workshop)
    members = {
        "consignment": served.yard.new_id("con"),
        "prev": None,
        "units": [{"id": served.yard.new_unit_id(), "prev": "ab" * 32} for _ in range(units)],
        "purpose": "waste_rme",
        "consignee": served.yard.recycler.party,
        "carriers": [served.yard.carrier.party],
        "units_total": units,
    }
    phone.state("consignment.offered", **members)
    file = parse_base64url(phone.run(PACK_FOR, [f"act/{members['consignment']}"]))
    frames = phone.run("return yard.handover.framesOf(yard.bytes.fromBase64url(arg))", format_base64url(file))
    assert file == format_handover(parse_handover(file))
    assert frames == [format_frame(frame) for frame in cut_frames(file)]
    assert all(len(frame) <= 600 for frame in frames)


def _offered_offline(giver: Phone, carrier: Phone, served: Served, *, employed: bool = False) -> tuple[str, str]:
    """Both know the pack's head; then, without a connection, the giver discards and offers it. Pack and consignment."""
    yard = served.yard
    pack = yard.produce()
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.workshop, "unit.removed", units=[pack], reason="end_of_life")
    _permit(yard.carrier, served, "transport")
    _permit(yard.recycler, served, "recycling", "collection")
    served.send()
    if not employed:
        giver.employ(yard.workshop)
        carrier.employ(yard.carrier, name="Beto")
    giver.offline(False)
    giver.learn(f"unit/{pack}")
    giver.offline()
    carrier.offline()
    con = yard.new_id("con")
    giver.state("unit.discarded", units=[pack], reason="end_of_life")
    giver.state(
        "consignment.offered",
        consignment=con,
        prev=None,
        units=[pack],
        purpose="waste_rme",
        consignee=yard.recycler.party,
        carriers=[yard.carrier.party],
        units_total=1,
    )
    return pack, con


def _permit(actor: Actor, served: Served, *activities: str) -> None:
    if f"permits/{actor.party}" not in served.yard.state:
        served.yard.permit(actor, *activities)


def _done(phone: Phone) -> int:
    counts = phone.flush()
    assert counts["open"] == 0, [item["problem"] for item in phone.run("return outbox.items()")]
    return counts["recorded"] + counts["proven"]
