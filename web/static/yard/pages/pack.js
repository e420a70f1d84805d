// One pack: what everybody may know of it, what its holder may, and its first entry when nobody knows it.
import { unitLinks } from "../known.js";
import { read } from "../scan.js";
import { YardError } from "../errors.js";
import { session } from "../people.js";
import { $, agree, asked, begin, codeOf, documentsOf, fill, ledger, link, moment, on, outbox, say, show, signer, tell } from "./ui.js";
import { finder } from "./finder.js";
import { describing, described, isolation, lookAt, plateOf, rowsOf } from "./units.js";
import { notePlate, plateIn, unitWith } from "./plates.js";
import { sentencesOf } from "./words.js";

let form = null;
let plate = null; // what was read from a pack that has no tag yet

/** Whatever was scanned leads to its page; a pack is shown here. */
export async function lead(text) {
  const { what, value, reason } = read(text);
  if (what === "unknown" && plateIn(text)) return leadByPlate(plateIn(text));
  if (what === "unit") {
    location.hash = new URLSearchParams({ u: value });
    return true;
  }
  if (what === "consignment") location.assign(link("carga", { con: value }));
  else if (what === "party" || what === "site") location.assign(link("telefono", { [what[0]]: value }));
  else throw new YardError("code-malformed", { reason });
  return true;
}

async function leadByPlate(read) {
  const unit = await unitWith(ledger, read);
  if (unit) return lead(unit);
  plate = read;
  show($("pack"), false);
  show($("register"), false);
  show($("plate-told"));
  $("plate-told").textContent = say("plate.noted", { code: plate.value });
  return false;
}

async function draw() {
  const { u } = asked();
  show($("pack"), Boolean(u));
  show($("register"), false);
  if (!u) return;
  const unit = await lookAt(u);
  show($("plate-told"), false);
  fill($("pack-title"), `${say("pack.title")} `, codeOf(u));
  fill($("pack-card"), unit.state?.condition === "critical" && isolation(u));
  const warning = unit.stolen ? "pack.stolen" : unit.recalled ? "pack.recalled" : unit.state?.quarantined ? "pack.quarantined" : null;
  show($("pack-warning"), warning !== null);
  if (warning) $("pack-warning").textContent = say(warning);
  fill($("pack-rows"), unit.known ? rowsOf(unit) : []);
  $("pack-seen").textContent = unit.known === null ? say("pack.unseen") : unit.stage === "reserved" ? say("pack.blank") : unit.seen_at && !navigator.onLine ? say("pack.seen_at", { when: moment(unit.seen_at) }) : "";
  await drawActs(unit);
  $("pack-title").focus();
}

async function drawActs(unit) {
  const current = await session();
  const holds = Boolean(current && unit.state?.holder === current.party);
  show($("pack-acts"), unit.known === true);
  $("act-receive").href = link("recibir", { modo: "sin-firma", u: unit.id });
  $("act-hand").href = link("entregar", { u: unit.id });
  show($("act-receive"), !holds);
  show($("act-hand"), holds);
  show($("act-load"), Boolean(unit.state?.consignment));
  if (unit.state?.consignment) $("act-load").href = link("carga", { con: unit.state.consignment });
  if (unit.known !== false) return;
  form = describing(unit.id, plate?.value);
  plate = null;
  fill($("register-fields"), form);
  show($("register"));
}

await begin();
await draw().catch(tell);
window.addEventListener("hashchange", () => draw().catch(tell));
finder($("find"), lead);
if (asked().registrar) $("find-text").focus();

on($("register"), "submit", async () => {
  const members = described(form);
  const signing = await signer();
  const { unit } = form.dataset;
  await lookAt(unit); // who has just come in may learn the tag's head now
  const units = await unitLinks([unit]);
  const payload = { ...members, units };
  await agree(signing, await sentencesOf("unit.registered", payload));
  const item = await outbox.state(signing, "unit.registered", { ...payload, ...(await documentsOf($("photo"), "photo", signing)) });
  await notePlate(unit, plateOf(form), signing.party);
  location.assign(link("comprobante", { e: item.event }));
});
