from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from urllib.parse import quote

import pytest
import zxingcpp
from PIL import Image

from api.answers import IMMUTABLE
from api.limits import HEADS_MAX, PAGE_MAX
from ledger.audit.source import open_url
from ledger.domain.unit_id import format_unit_id, new_operator_id
from ledger.event import parse_event
from ledger.evidence import parse_evidence, verify_evidence
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.merkle import leaf_hash
from ledger.log.note import parse_note
from ledger.log.proof import parse_log_proof, verify_log_proof
from ledger.log.receipt import parse_receipt, verify_receipt
from ledger.store.blobs import follow_documents
from tests.api.served import BASE_URL, COSE, Served, unit_path
from tests.yard import ORIGIN


def code(problem: dict[str, str]) -> str:
    return problem["type"].rpartition("/")[2]


def test_the_exact_bytes_of_an_event_come_back(served: Served) -> None:
    raw = served.yard.entries[0]
    path = f"/v1/events/{parse_event(raw).id}"

    signed = served.get(path, accept="application/cose")
    shown = served.get(path).json()

    assert signed.content == raw
    assert signed.headers["content-type"] == "application/cose"
    assert (shown["index"], shown["kind"], shown["disclosure"], shown["effect"]) == (
        0,
        "ledger.genesis",
        "public",
        True,
    )
    assert shown["leaf_hash"] == leaf_hash(raw).hex()
    assert shown["statement"]["origin"] == ORIGIN


def test_receipts_of_every_form_verify_offline(served: Served) -> None:
    trust = served.services.home.trust
    unit = served.yard.produce()
    served.send()
    path = f"/v1/events/{served.yard.head(f'unit/{unit}')}/receipt?wait=10"
    token = served.token(served.yard.maker)

    evidence = parse_evidence(served.get(path, token=token, accept="application/json").content)
    receipt = served.get(path, accept="application/scitt-receipt+cose")
    proof = served.get(path, accept="text/plain")

    leaf = leaf_hash(evidence.statement)
    assert verify_evidence(evidence, trust).event.payload.kind == "unit.produced"
    verify_receipt(parse_receipt(receipt.content), leaf, trust.receipt_key, ORIGIN)
    verify_log_proof(parse_log_proof(proof.content), leaf, ORIGIN, trust.checkpoint)
    assert receipt.headers["cache-control"] == IMMUTABLE


def test_a_receipt_asked_for_too_early_is_answered_later(served: Served) -> None:
    unit = served.yard.produce()
    served.send()
    event_id = served.yard.head(f"unit/{unit}")
    served.services.publication.stop()
    served.yard.produce()
    [raw] = served.unsent()
    with_publisher = served.get(f"/v1/events/{event_id}/receipt", accept="text/plain").status_code
    served.services.recorder.submit([raw])

    early = served.get(f"/v1/events/{parse_event(raw).id}/receipt?wait=1", accept="text/plain")

    assert with_publisher in (200, 202)
    assert (early.status_code, early.headers["retry-after"]) == (202, "1")
    assert early.json()["event_id"] == parse_event(raw).id


def test_without_a_publisher_nothing_more_is_accepted(served: Served) -> None:
    served.yard.produce()
    [raw] = served.unsent()
    served.services.publication.stop()

    assert served.post("/v1/events", raw, COSE).status_code == 503
    assert served.get("/readyz").status_code == 503
    assert served.get("/livez").status_code == 200


def test_pages_of_a_history_join_without_gap_or_overlap(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    for state in range(0, 1000, 100):
        yard.say(yard.maker, "unit.discharged", units=[pack], state_of_charge_permille=state)
    served.send()
    token = served.token(yard.maker)
    whole = served.get(f"{unit_path(pack)}/history?limit={PAGE_MAX}", token=token).json()["events"]

    walked, after = [], ""
    while after is not None:
        page = served.get(f"{unit_path(pack)}/history?limit=3&after={after}", token=token).json()
        assert len(page["events"]) <= 3
        walked += page["events"]
        after = page["next"]

    assert len(whole) == 11
    assert walked == whole


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 30])
def test_a_cursor_that_was_not_given_is_refused(served: Served, after: str) -> None:
    assert served.get(f"/v1/events?after={after}").status_code == 422


def test_a_unit_nobody_stated_is_unknown_and_a_misspelt_one_is_refused(served: Served) -> None:
    unknown = served.get(unit_path(served.yard.new_unit_id()))
    misspelt = served.get(unit_path("https://id.gs1.org/01/07501234567890/21/X"))
    elsewhere = served.get(unit_path("https://elsewhere.example/01/07501234567893/21/X"))

    assert (unknown.status_code, code(unknown.json())) == (404, "not-found")
    assert (misspelt.status_code, code(misspelt.json())) == (422, "unit-id-invalid")
    assert elsewhere.json()["canonical"] == "https://id.gs1.org/01/07501234567893/21/X"


def test_a_slash_inside_a_serial_is_no_separator(served: Served) -> None:
    yard = served.yard
    unit = "https://id.gs1.org/01/07501234567893/21/A%2Fhistory"
    yard.say(yard.maker, "unit.produced", units=[unit], description=yard.description())
    served.send()

    assert served.get(unit_path(unit)).json()["id"] == unit
    assert served.get(f"{unit_path(unit)}/history", token=served.token(yard.maker)).json()["events"]
    assert served.get("/01/07501234567893/21/A%2Fhistory").status_code == 307


def test_a_recalled_or_stolen_unit_is_shown_as_such_to_everybody(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    yard.say(yard.maker, "unit.recalled", units=[pack], campaign="R-1")
    yard.say(yard.maker, "unit.stolen", units=[pack])
    served.send()

    shown = served.get(unit_path(pack)).json()

    assert (shown["recalled"], shown["stolen"], shown["unit_kind"], shown["chemistry"]) == (
        "R-1",
        True,
        "pack",
        "NMC622",
    )


def test_heads_of_many_subjects_come_at_once_and_only_to_parties(served: Served) -> None:
    yard = served.yard
    packs = yard.produce(count=3)
    served.send()
    subjects = [f"unit/{pack}" for pack in packs] + [f"unit/{yard.new_unit_id()}", f"party/{yard.maker.party}"]

    public = served.post_json("/v1/heads", {"subjects": subjects})
    heads = served.post_json("/v1/heads", {"subjects": subjects}, token=served.token(yard.maker)).json()["heads"]

    assert public.status_code == 401
    assert [head and head["head"] for head in heads.values()] == [yard.head(key) for key in subjects]
    assert heads[subjects[0]]["head_at"] == "2025-01-06T15:00:00Z"


def test_heads_are_asked_for_in_bounded_numbers(served: Served) -> None:
    subjects = [f"act/con_{n}" for n in range(HEADS_MAX + 1)]

    assert (
        served.post_json("/v1/heads", {"subjects": subjects}, token=served.token(served.yard.maker)).status_code == 422
    )


def test_a_party_is_shown_with_its_keys_and_permits(served: Served) -> None:
    yard = served.yard
    authorisation = yard.permit(yard.recycler, "recycling")
    served.send()

    shown = served.get(f"/v1/parties/{yard.recycler.party}").json()

    assert shown["name"] == "Recicladora Demo, S.A. de C.V."
    assert [(key["kid"], key["roles"], key["revoked"]) for key in shown["keys"]] == [
        (yard.recycler.kid, ["admin", "custody"], False)
    ]
    assert shown["authorisations"] == [authorisation]
    assert served.get(f"/v1/parties/{yard.new_id('pty')}").status_code == 404


@pytest.mark.parametrize("own", ["operator", "semarnat"])
def test_the_ledgers_own_parties_are_shown_too(served: Served, own: str) -> None:
    assert served.get(f"/v1/parties/{getattr(served.yard, own).party}").status_code == 200


def test_what_the_reader_has_already_is_not_sent_again(served: Served) -> None:
    first = served.get("/v1/directory")
    tag = first.headers["etag"]

    again = served.get("/v1/directory", if_none_match=f'"other", W/{tag}')
    served.yard.permit(served.yard.recycler, "recycling")
    served.send()
    changed = served.get("/v1/directory", if_none_match=tag)

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_head_answers_as_get_without_the_content(served: Served) -> None:
    got, headed = served.get("/v1/directory"), served.client.head("/v1/directory")

    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["etag"] == got.headers["etag"]
    assert headed.headers["content-length"] == got.headers["content-length"]


def test_an_alternate_name_leads_parties_to_the_unit(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    served.send()
    name = {"scheme": "vin", "value": "3VWSP69M12M123456"}
    maker, workshop = served.token(yard.maker), served.token(yard.workshop)
    query = "/v1/alternates?scheme=vin&value=3VWSP69M12M123456"

    assert served.get(query, token=maker).json() == {"units": []}
    assert served.post_json("/v1/alternates", {**name, "unit": pack}, token=workshop).status_code == 403
    for _ in range(2):
        assert served.post_json("/v1/alternates", {**name, "unit": pack}, token=maker).status_code == 204

    assert served.get(query, token=workshop).json() == {"units": [{"unit": pack, "stated_by": yard.maker.party}]}
    assert served.get(query.replace("vin", "oem"), token=workshop).json() == {"units": []}
    assert served.get(query).status_code == 401
    stored = served.settings.database_url.removeprefix("sqlite:///")
    with open(stored, "rb") as database:
        assert b"3VWSP69M12M123456" not in database.read()


def test_a_unit_has_a_bounded_number_of_alternate_names(served: Served) -> None:
    pack = served.yard.produce()
    served.send()
    token = served.token(served.yard.maker)

    answers = [
        served.post_json("/v1/alternates", {"scheme": "oem", "value": f"S{n}", "unit": pack}, token=token).status_code
        for n in range(33)
    ]

    assert answers == [204] * 32 + [422]


JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


def test_a_document_is_for_who_may_read_what_cites_it(served: Served) -> None:
    yard = served.yard
    digest = sha256(JPEG).hexdigest()
    photo = {"digest": digest, "bytes": len(JPEG), "media_type": "image/jpeg", "role": "photo"}
    pack = yard.produce()
    yard.say(yard.maker, "unit.repaired", units=[pack], work="BMS", documents=[photo])
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.workshop, "unit.removed", units=[pack], reason="warranty")
    served.send()
    tokens = {name: served.token(getattr(yard, name)) for name in ("maker", "workshop", "centre", "semarnat")}

    def put(data: bytes, token: str | None) -> int:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return served.client.put(f"/v1/blobs/{digest}", content=data, headers=headers).status_code

    assert put(JPEG, None) == 401
    assert put(JPEG + b"x", tokens["maker"]) == 422
    assert served.get(f"/v1/blobs/{digest}", token=tokens["maker"]).status_code == 404
    assert put(JPEG, tokens["maker"]) == put(JPEG, tokens["maker"]) == 201
    while follow_documents(served.services.store):
        pass

    statuses = {name: served.get(f"/v1/blobs/{digest}", token=token).status_code for name, token in tokens.items()}
    got = served.get(f"/v1/blobs/{digest}", token=tokens["workshop"])

    assert statuses == {"maker": 200, "workshop": 200, "centre": 404, "semarnat": 200}
    assert served.get(f"/v1/blobs/{digest}").status_code == 401
    assert (got.content, got.headers["content-type"]) == (JPEG, "image/jpeg")
    assert got.headers["content-disposition"].startswith("attachment")


def test_documents_that_nobody_produces_are_listed_for_authorities(served: Served) -> None:
    yard = served.yard
    cited = [sha256(bytes([number])).hexdigest() for number in range(2)] + [sha256(JPEG).hexdigest()]
    documents = [{"digest": digest, "bytes": 104, "media_type": "image/jpeg", "role": "photo"} for digest in cited]
    yard.say(yard.maker, "unit.repaired", units=[yard.produce()], work="BMS", documents=documents)
    [*_, said] = served.send()
    maker, ministry = served.token(yard.maker), served.token(yard.semarnat)
    headers = {"authorization": f"Bearer {maker}"}
    assert served.client.put(f"/v1/blobs/{cited[2]}", content=JPEG, headers=headers).status_code == 201
    while follow_documents(served.services.store):
        pass

    listed = served.get("/v1/blobs", token=ministry).json()
    first, second = sorted(cited[:2])

    assert listed["missing"] == [{"digest": digest, "indexes": [said["index"]]} for digest in (first, second)]
    assert listed["followed"] > said["index"]
    assert served.get(f"/v1/blobs?after={first}", token=ministry).json()["missing"] == listed["missing"][1:]
    assert served.get("/v1/blobs", token=maker).status_code == 403
    assert served.get("/v1/blobs").status_code == 401


def test_the_log_is_served_as_tlog_tiles(served: Served) -> None:
    yard = served.yard
    for _ in range(3):
        yard.produce(count=1)
    served.send()
    served.cover()
    trust = served.services.home.trust
    audit = served.token(yard.semarnat, "audit")

    def fetch(path: str) -> bytes:
        answered = served.get(f"/{path}", token=audit)
        assert answered.status_code == 200, answered.text
        return answered.content

    source = open_url("served", fetch)
    size = parse_checkpoint(parse_note(source.checkpoint()).text).size
    bodies = [raw for chunk in source.entries(0, size) for raw in chunk]
    keys = [key for page in source.state_pages() for key, _ in page.values]

    assert source.size() == size == len(bodies)
    tile = served.get(f"/tile/0/000.p/{size}")
    assert tile.content == b"".join(map(leaf_hash, bodies))
    assert tile.headers["cache-control"] == IMMUTABLE
    assert keys == sorted(keys)
    assert f"party/{yard.maker.party}" in keys
    assert served.get("/checkpoint").content == served.get("/v1/checkpoint").content
    assert served.get("/checkpoint").headers["content-type"] == "text/plain; charset=utf-8"
    assert trust.origin == ORIGIN


@pytest.mark.parametrize("path", ["/tile/entries/000.p/1", "/v1/audit/state"])
def test_statements_of_every_class_are_for_auditors(served: Served, path: str) -> None:
    yard = served.yard

    assert served.get(path).status_code == 401
    assert served.get(path, token=served.token(yard.maker)).status_code == 403
    assert served.get(path, token=served.token(yard.semarnat)).status_code == 403
    assert served.get(path, token=served.token(yard.semarnat, "audit")).status_code == 200


@pytest.mark.parametrize("path", ["0/000", "0/001.p/1", "1/000.p/1", "0/0", "0/000.p/0", "x", "0/000.p/256", "64/000"])
def test_a_tile_that_the_log_does_not_have_is_unknown(served: Served, path: str) -> None:
    assert (served.get(f"/tile/{path}").status_code, code(served.get(f"/tile/{path}").json())) == (404, "tile-unknown")


def test_a_label_reads_back_as_the_unit(served: Served) -> None:
    unit = served.yard.new_unit_id()
    path = f"/v1/labels/{quote(unit, safe='')}"

    image = served.get(f"{path}.png?dpi=300&module_um=600")
    vector = served.get(f"{path}.svg")

    [symbol] = zxingcpp.read_barcodes(Image.open(BytesIO(image.content)))
    assert symbol.text == unit
    assert (image.headers["content-type"], vector.headers["content-type"]) == ("image/png", "image/svg+xml")
    assert vector.content.startswith(b"<svg")
    assert code(served.get(f"{path}.png?dpi=203&module_um=254").json()) == "symbol-unprintable"
    assert served.get(f"{path}.svg?module_um=1").status_code == 422
    assert served.get("/v1/labels/nonsense.svg").status_code == 422


def test_a_scanned_link_leads_to_the_unit(served: Served) -> None:
    yard = served.yard
    token = format_unit_id(new_operator_id(yard.random.randbytes(16)))
    asset = "https://id.gs1.org/8004/7501234ABC"
    lot = "https://id.gs1.org/01/07501234567893/10/L1"
    pack = yard.produce()
    yard.say(yard.maker, "unit.produced", units=[token], description=yard.description())
    yard.say(yard.maker, "unit.produced", units=[asset], description=yard.description())
    yard.say(
        yard.maker,
        "unit.produced",
        units=[lot],
        description={**yard.description(unit_kind="lot", material="black_mass")},
    )
    served.send()

    for unit in (pack, token, asset, lot):
        path = "/" + unit.split("/", 3)[3]
        led = served.get(path)
        assert (led.status_code, led.headers["location"]) == (307, f"{BASE_URL}{unit_path(unit)}")
        assert "linkset" in led.headers["link"]
        listed = served.get(path, accept="application/linkset+json")
        assert listed.json()["linkset"][0]["anchor"] == unit
        assert served.get(f"{path}?linkType=linkset").json() == listed.json()
    history = served.get("/" + pack.split("/", 3)[3] + "?linkType=gs1:traceability")
    assert history.headers["location"].endswith("/history")


def test_a_link_that_leads_nowhere_says_so(served: Served) -> None:
    unit = served.yard.produce()
    served.send()

    assert served.get("/01/07501234567890/21/X").status_code == 422
    assert served.get("/01/07501234567893/21/NEVERSEEN").status_code == 404
    assert served.get("/" + unit.split("/", 3)[3] + "?linkType=gs1:epcis").status_code == 404


def test_scrapi_registers_a_statement_and_gives_its_receipt(served: Served) -> None:
    served.yard.produce()
    [raw] = served.unsent()
    trust = served.services.home.trust

    registered = served.post("/entries", raw, COSE)

    location = registered.headers["location"]
    assert registered.status_code == 201
    assert location == f"{BASE_URL}/entries/{parse_event(raw).id}"
    verify_receipt(parse_receipt(registered.content), leaf_hash(raw), trust.receipt_key, ORIGIN)
    assert served.get(location.removeprefix(BASE_URL)).content == registered.content
    assert served.get(f"/entries/{'0' * 64}").status_code == 404
    assert served.post("/entries", b"", COSE).status_code == 422


def test_whoever_comes_without_a_path_is_told_where_things_are(served: Served) -> None:
    assert served.get("/").json() == served.get("/v1").json()
    assert served.get("/").json()["description"].endswith("/openapi.json")


def test_readiness_tells_how_much_is_covered(served: Served) -> None:
    served.yard.produce()
    served.send()
    served.cover()

    ready = served.get("/readyz").json()

    assert ready["covered"] == ready["size"] > 0
