"""Several people on one phone: keys that only their PIN opens, and that a kit brings back."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser

from tests.api.served import Served
from tests.web.yard.phone import OTHER_PIN, PIN, Phone, enrol, open_phone

pytestmark = pytest.mark.slow

SIGN = "const session = await yard.people.session(); return session && (await session.sign(Uint8Array.of(1))).length"
PASSPHRASE = "caballo batería grapa correcto"


def test_a_key_signs_after_its_pin_and_not_before(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    assert phone.run(SIGN) is None
    phone.unlock(person)
    assert phone.run(SIGN) == 64
    phone.run("yard.people.lock()")
    assert phone.run(SIGN) is None


def test_a_session_that_was_kept_signs_no_more_once_locked(phone: Phone, served: Served) -> None:
    phone.unlock(phone.add(served.yard.workshop.party))
    phone.run("window.kept = await yard.people.session(); yard.people.lock()")
    assert phone.refusal("await kept.sign(Uint8Array.of(1))")["code"] == "locked"


def test_two_people_have_two_keys_and_one_signs_at_a_time(phone: Phone, served: Served) -> None:
    ana = phone.add(served.yard.workshop.party, name="Ana")
    phone.pass_time(1)
    beto = phone.add(served.yard.carrier.party, name="Beto", pin=OTHER_PIN)
    assert ana["kid"] != beto["kid"]
    assert [person["name"] for person in phone.run("return yard.people.people()")] == ["Ana", "Beto"]
    phone.unlock(ana)
    phone.unlock(beto, OTHER_PIN)
    assert phone.run("return (await yard.people.session()).party") == served.yard.carrier.party
    assert phone.refusal("await yard.people.unlock(arg[0], arg[1])", [ana["kid"], OTHER_PIN])["code"] == "pin-wrong"


@pytest.mark.parametrize("pin", ["12345", "abcdef", "12 345", ""])
def test_a_pin_has_six_digits(phone: Phone, served: Served, pin: str) -> None:
    refused = phone.refusal(
        "await yard.people.addPerson({name: 'Ana', party: arg[0], pin: arg[1]})", [served.yard.workshop.party, pin]
    )
    assert refused["code"] == "pin-too-short"
    assert phone.run("return yard.people.people()") == []


def test_wrong_pins_make_wait_longer_each_time_and_a_reload_does_not_help(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    unlock = "await yard.people.unlock(arg[0], arg[1])"
    waits = [phone.refusal(unlock, [person["kid"], "000000"]) for _ in range(3)]
    assert [refused["code"] for refused in waits] == ["pin-wrong"] * 3
    assert [refused["wait_s"] for refused in waits] == [0, 0, 30]
    assert phone.refusal(unlock, [person["kid"], PIN]) == {"code": "pin-wait", "wait_s": 30}
    phone.reload()
    assert phone.refusal(unlock, [person["kid"], PIN])["code"] == "pin-wait"
    assert phone.run("return (await yard.people.people())[0].wait_s") == 30
    phone.pass_time(31)
    assert phone.refusal(unlock, [person["kid"], "000000"])["wait_s"] == 60
    phone.pass_time(61)
    phone.unlock(person)
    phone.run("yard.people.lock()")
    assert phone.refusal(unlock, [person["kid"], "000000"])["wait_s"] == 0


def test_a_try_is_spent_before_it_is_judged(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    # Four at once: of three, each is one of the free ones; the fourth finds that they are spent.
    codes = phone.run(
        """const unlock = () => yard.people.unlock(arg, "000000").catch((error) => error.code);
           return Promise.all([1, 2, 3, 4].map(unlock))""",
        person["kid"],
    )
    assert sorted(codes) == ["pin-wait", "pin-wrong", "pin-wrong", "pin-wrong"]


def test_a_change_of_page_keeps_the_key_unlocked_and_another_tab_does_not_have_it(phone: Phone, served: Served) -> None:
    phone.unlock(phone.add(served.yard.workshop.party))
    phone.reload()
    assert phone.run(SIGN) == 64
    tab = phone.open_page()
    assert tab.evaluate(f"async () => {{ {SIGN} }}") is None


def test_disuse_locks_also_over_a_change_of_page(phone: Phone, served: Served) -> None:
    phone.unlock(phone.add(served.yard.workshop.party))
    phone.pass_time(299)
    phone.reload()
    assert phone.run(SIGN) == 64
    phone.pass_time(301)
    phone.reload()
    assert phone.run(SIGN) is None
    assert phone.run("return sessionStorage.length") == 0


@pytest.mark.parametrize("woken", ["", "yard.people.touch()", "await yard.people.session()"])
def test_a_phone_that_slept_is_locked_when_it_wakes(phone: Phone, served: Served, woken: str) -> None:
    phone.unlock(phone.add(served.yard.workshop.party))
    phone.run("window.kept = await yard.people.session()")
    phone.pass_time(301)  # the timers stood still
    phone.run(woken)
    assert phone.refusal("await kept.sign(Uint8Array.of(1))")["code"] == "locked"
    assert phone.run(SIGN) is None


def test_nothing_on_the_phone_is_the_key_itself(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    phone.unlock(person)
    kept = phone.run(
        """const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
           const database = await done(indexedDB.open("bitacora-campo"));
           const all = (name) => done(database.transaction(name).objectStore(name).getAll());
           const [[{key}], [{wrapped}]] = [await all("device"), await all("people")];
           const ticket = Object.keys(JSON.parse(Object.values(sessionStorage)[0])).sort();
           return {extractable: key.extractable, box: wrapped.box.length, rounds: wrapped.rounds,
                   local: localStorage.length, ticket};"""
    )
    # A PKCS #8 of 48 bytes, and two tags of 16.
    assert kept == {
        "extractable": False,
        "box": 48 + 32,
        "rounds": 600_000,
        "local": 0,
        "ticket": ["box", "iv", "kid", "until"],
    }


def test_a_new_pin_takes_the_place_of_the_old(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    phone.run("await yard.people.changePin(arg[0], arg[1], arg[2])", [person["kid"], PIN, OTHER_PIN])
    assert phone.refusal("await yard.people.unlock(arg[0], arg[1])", [person["kid"], PIN])["code"] == "pin-wrong"
    phone.unlock(person, OTHER_PIN)


def test_a_kit_brings_the_key_to_another_phone(phone: Phone, other_phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party, name="Ana María")
    kit = phone.run("return yard.people.exportKit(arg[0], arg[1], arg[2])", [person["kid"], PIN, PASSPHRASE])
    assert "Ana" not in kit
    members = {"name": "Ana", "pin": OTHER_PIN}
    taken = "return yard.people.importKit(arg[0], arg[1], arg[2])"
    wrong = other_phone.refusal(taken, [kit, PASSPHRASE + "s", members])
    assert wrong["code"] == "passphrase-wrong"
    restored = other_phone.run(taken, [kit, PASSPHRASE.upper().replace(" ", "-"), members])
    assert (restored["kid"], restored["spki"]) == (person["kid"], person["spki"])
    other_phone.unlock(restored, OTHER_PIN)
    assert other_phone.run(SIGN) == 64
    assert other_phone.refusal(taken, [kit, PASSPHRASE, members])["code"] == "person-exists"


def test_a_kit_that_was_tampered_with_is_refused(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    export = "return yard.people.exportKit(arg[0], arg[1], arg[2])"
    assert phone.refusal(export, [person["kid"], PIN, "corta"])["code"] == "passphrase-too-short"
    kit = json.loads(phone.run(export, [person["kid"], PIN, PASSPHRASE]))
    spoilt = [
        ({**kit, "rounds": 1}, "kit-malformed"),
        ({**kit, "kid": "00" * 8}, "kit-malformed"),
        ({**kit, "box": kit["box"] + "="}, "kit-malformed"),
        ({**kit, "party": served.yard.carrier.party}, "passphrase-wrong"),
        ({}, "kit-malformed"),
    ]
    for members, code in spoilt:
        refused = phone.refusal(
            "return yard.people.importKit(arg[0], arg[1], {name: 'Ana', pin: '135791'})",
            [json.dumps(members), PASSPHRASE],
        )
        assert refused["code"] == code, members


def test_new_passphrases_are_long_and_differ(phone: Phone) -> None:
    one, other = phone.run("return [yard.people.newPassphrase(), yard.people.newPassphrase()]")
    assert re.fullmatch(r"([0-9a-z]{4}-){4}[0-9a-z]{4}", one)
    assert one != other


def test_the_card_says_what_an_administrator_enrols(phone: Phone, served: Served) -> None:
    person = phone.add(served.yard.workshop.party)
    card = phone.run("return yard.people.enrolmentCard(arg)", person)
    assert "Ana" not in card
    assert phone.run("return yard.people.parseEnrolmentCard(arg)", card) == {
        name: person[name] for name in ("party", "kid", "spki")
    }
    spoilt = card.replace(person["kid"], "0" * 16)
    assert phone.refusal("return yard.people.parseEnrolmentCard(arg)", spoilt)["code"] == "code-malformed"
    asked = "return yard.people.enrolmentOf(ledger, arg)"
    assert phone.run(asked, person) == {"enrolled": False, "revoked": False, "roles": []}
    enrol(served, person, ["custody", "transport"])
    assert phone.run(asked, person) == {"enrolled": True, "revoked": False, "roles": ["custody", "transport"]}
    assert phone.run("return (await yard.people.people())[0].roles") == ["custody", "transport"]


def test_who_leaves_takes_the_key_along_but_not_with_work_undone(
    browser: Browser, served: Served, address: str
) -> None:
    with open_phone(browser, served, address) as phone:
        person = phone.add(served.yard.workshop.party)
        phone.unlock(person)
        unit = served.yard.new_unit_id()
        event = phone.state("unit.registered", **registration(unit))
        removal = "await yard.people.removePerson(arg[0], arg[1])"
        assert phone.refusal(removal, [person["kid"], PIN]) == {"code": "not-empty", "statements": 1}
        phone.flush()
        assert phone.item(event)["problem"]["problem"] == "key-unknown"
        phone.run("await outbox.setAside(arg)", event)
        phone.run(removal, [person["kid"], PIN])
        assert phone.run("return yard.people.people()") == []
        assert phone.run(SIGN) is None


def test_what_one_party_was_shown_no_other_finds_and_it_goes_with_its_last_person(phone: Phone, served: Served) -> None:
    workshop, carrier = served.yard.workshop.party, served.yard.carrier.party
    ana, eva = phone.add(workshop), phone.add(workshop, name="Eva")
    phone.add(carrier, name="Beto", pin=OTHER_PIN)
    phone.run("await yard.known.rememberView('act/con_x', {stage: 'moving'}, arg)", workshop)
    phone.run("await yard.known.rememberView('party/pty_x', {name: 'Demo'})")
    seen = "return (await yard.known.viewsOf('act/con_', arg)).map(({subject, view}) => [subject, view.stage])"

    assert phone.run(seen, workshop) == [["act/con_x", "moving"]]
    assert phone.run(seen, carrier) == phone.run(seen) == []
    assert phone.run("return yard.known.viewOf('act/con_x', arg)", carrier) is None

    phone.run("await yard.people.removePerson(arg[0], arg[1])", [ana["kid"], PIN])
    assert phone.run(seen, workshop) == [["act/con_x", "moving"]]
    phone.run("await yard.people.removePerson(arg[0], arg[1])", [eva["kid"], PIN])
    assert phone.run(seen, workshop) == []
    assert phone.run("return (await yard.known.viewOf('party/pty_x')).view.name") == "Demo"


def registration(unit: str) -> dict[str, object]:
    description = {"unit_kind": "pack", "chemistry": "NMC622", "mass_g": 435_000, "mass_basis": "nameplate"}
    return {
        "units": [{"id": unit, "prev": None}],
        "description": description,
        "basis": "first_seen",
        "stage": "removed",
    }
