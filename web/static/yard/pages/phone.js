// Who signs on this phone: making a key, having it approved, and keeping it from being lost.
import {
  addPerson, askPersistence, changePin, enrolmentCard, enrolmentOf, exportKit, importKit, newPassphrase, people, removePerson,
} from "../people.js";
import { drawQr } from "../qr.js";
import { read } from "../scan.js";
import { YardError, insist } from "../errors.js";
import { $, asked, begin, drawWho, el, enter, fill, give, ledger, nameOf, on, say, show } from "./ui.js";

const ROLES = { custody: ["custody", "read"], transport: ["transport"] };
let shownCard = null;

const idIn = (typed, what) => {
  const found = read(typed);
  insist(found.what === what, `${what}-malformed`);
  return found.value;
};

async function draw() {
  const known = await people();
  fill($("persons"), await Promise.all(known.map(async (person) => {
    const button = el("button", { type: "button", class: "plain" }, say("person.card"));
    on(button, "click", async () => { showCard(person); });
    return el("li", { class: "person" }, el("strong", {}, person.name), ` · ${await nameOf(person.party)} `,
      el("span", { class: "hint" }, say(standingOf(person))), " ", button);
  })));
  for (const select of document.querySelectorAll("select.persons")) {
    fill(select, known.map(({ kid, name }) => el("option", { value: kid }, name)));
  }
  for (const id of ["kit", "change", "remove"]) {
    const form = $(id);
    for (const control of form.elements) control.disabled = known.length === 0;
  }
}

function standingOf({ roles }) {
  if (roles === null) return "person.unchecked";
  return roles.length ? "person.approved" : "person.revoked";
}

/** What `bitacora record key.enrolled --file` takes. */
function requestOf({ party, kid, spki }) {
  const key_roles = ROLES[$("role").value];
  return JSON.stringify({ enrolled_for: party, kid, spki, key_roles }, null, 2);
}

function showCard(person) {
  shownCard = person;
  show($("card"));
  show($("card-wait"), !person.roles?.length);
  const card = enrolmentCard(person);
  drawQr($("card-code"), card, { module_px: 5 });
  $("card-text").textContent = say("person.key", { kid: person.kid.match(/.{4}/g).join(" ") });
  $("card-state").textContent = "";
  $("card-title").focus();
}

await begin();
await draw();
const { p: party, s: site } = asked();
if (party) $("party").value = party;
if (site) $("site").value = site;

on($("company-find"), "click", async () => {
  const { rows } = await ledger.get(`/v1/directory?limit=10&name=${encodeURIComponent($("company-name").value)}`);
  fill($("companies"), rows.length === 0 ? [el("li", {}, say("company.none"))] : rows.map((row) => {
    const choice = el("button", { type: "button", class: "second" }, row.name ?? say("party.unnamed"), row.site?.name ? ` · ${row.site.name}` : "");
    choice.addEventListener("click", () => {
      $("party").value = row.party;
      $("site").value = row.site?.site ?? "";
      $("name").focus();
    });
    return el("li", {}, choice);
  }));
});

on($("add"), "submit", async () => {
  insist($("pin").value === $("pin-again").value, "pins-differ");
  const company = idIn($("party").value, "party");
  const place = $("site").value.trim() ? idIn($("site").value, "site") : null;
  const person = await addPerson({ name: $("name").value.trim(), party: company, site: place, pin: $("pin").value });
  await askPersistence();
  $("pin").value = $("pin-again").value = "";
  await draw();
  await drawWho();
  showCard(person);
});

on($("card-file"), "click", () => give(new TextEncoder().encode(requestOf(shownCard)), "alta.json", "application/json"));

on($("card-check"), "click", async () => {
  const { enrolled, revoked, roles } = await enrolmentOf(ledger, shownCard);
  const words = revoked ? "person.revoked" : enrolled ? "person.approved" : "person.unchecked";
  fill($("card-state"), el("strong", {}, say(words)), enrolled && !revoked ? ` ${roles.map((role) => say(`role.${role}`)).join(", ")}` : "");
  show($("card-wait"), !enrolled);
  await draw();
  if (enrolled && !revoked) await enter(shownCard.kid);
});

on($("kit"), "submit", async () => {
  const phrase = newPassphrase();
  const kit = await exportKit($("kit-who").value, $("kit-pin").value, phrase);
  $("kit-pin").value = "";
  $("kit-phrase").textContent = phrase;
  show($("kit-phrase-box"));
  await give(new TextEncoder().encode(kit), "respaldo-bitacora.json", "application/json");
});

on($("restore"), "submit", async () => {
  const [file] = $("restore-file").files;
  if (!file) throw new YardError("kit-malformed");
  const place = $("restore-site").value.trim() ? idIn($("restore-site").value, "site") : null;
  const person = await importKit(await file.text(), $("restore-phrase").value, { name: $("restore-name").value.trim(), site: place, pin: $("restore-pin").value });
  $("restore-pin").value = $("restore-phrase").value = "";
  await draw();
  showCard(person);
});

on($("change"), "submit", async () => {
  await changePin($("change-who").value, $("change-old").value, $("change-new").value);
  $("change").reset();
});

on($("remove"), "submit", async () => {
  await removePerson($("remove-who").value, $("remove-pin").value);
  $("remove").reset();
  await draw();
  await drawWho();
});
