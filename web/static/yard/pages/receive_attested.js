// A giver without a key: the receiver alone signs what came, from whom in words, and what the scale said.
import { unitLinks } from "../known.js";
import { insist } from "../errors.js";
import { read } from "../scan.js";
import { newId } from "../statement.js";
import { $, agree, codeOf, documentsOf, fill, grams, kg, ledger, link, on, outbox, say, show, signer } from "./ui.js";
import { finder } from "./finder.js";
import { notePlate, plateIn, unitWith } from "./plates.js";
import { seal } from "./sealed.js";
import { describing, described, isolation, lookAt, plateOf, rowsOf } from "./units.js";
import { sentencesOf } from "./words.js";

const packs = new Map(); // unit → its fieldset
let plate = null; // what was read from a pack that has no tag yet

export async function attestedWay({ modo, u }) {
  const emergency = modo === "emergencia";
  show($("attested"));
  $("attested-title").textContent = say(emergency ? "receive.emergency" : "receive.attested");
  $("attested-lead").textContent = say(emergency ? "receive.emergency_lead" : "receive.attested_lead");
  $("attested-title").focus();
  finder($("find-pack"), add);
  for (const id of ["gross", "tare", "resolution"]) $(id).addEventListener("input", drawNet);
  on($("attested-form"), "submit", () => receive(emergency ? "emergency" : "attested"));
  if (u) await add(u);
}

async function add(text) {
  const { what, value } = read(text);
  if (what === "unknown" && plateIn(text)) return addByPlate(plateIn(text));
  insist(what === "unit", "code-malformed");
  insist(!packs.has(value), "pack-twice");
  await signer();
  const unit = await lookAt(value);
  insist(unit.known !== null, "pack-unseen");
  const view = unit.known ? knownPack(unit) : describing(value, plate?.value);
  if (!unit.known) awaitTag(null);
  view.addEventListener("change", () => warn(view));
  packs.set(value, view);
  $("packs").append(view);
  show($("attested-form"));
  warn(view);
  return false;
}

async function addByPlate(read) {
  await signer();
  const unit = await unitWith(ledger, read);
  if (unit) return add(unit);
  awaitTag(read);
  return false;
}

function awaitTag(read) {
  plate = read;
  show($("plate-told"), plate !== null);
  $("plate-told").textContent = plate ? say("plate.noted", { code: plate.value }) : "";
}

function knownPack(unit) {
  const view = $("known").content.cloneNode(true).firstElementChild;
  view.dataset.unit = unit.id;
  view.dataset.condition = unit.state?.condition ?? "";
  fill(view.querySelector("legend"), codeOf(unit.id));
  fill(view.querySelector("dl"), rowsOf(unit));
  return view;
}

const conditionOf = (view) => view.querySelector("[data-name=condition]").value || view.dataset.condition;

/** A pack that may burn has its red card at once, before anything is signed. */
function warn(view) {
  view.querySelector(".isolate")?.remove();
  if (conditionOf(view) === "critical") view.querySelector("legend").after(isolation(view.dataset.unit));
}

function ticketMembers() {
  const [gross_g, tare_g] = [grams($("gross").value), grams($("tare").value)];
  if (gross_g === null && tare_g === null) return null;
  insist(gross_g !== null && tare_g !== null && tare_g <= gross_g, "slip-incomplete");
  const resolution_g = grams($("resolution").value);
  insist(resolution_g >= 1 && resolution_g <= 100_000, "slip-incomplete");
  return { gross_g, tare_g, resolution_g };
}

function drawNet() {
  try {
    const ticket = ticketMembers();
    $("net").textContent = ticket ? say("slip.net", { net: kg(ticket.gross_g - ticket.tare_g) }) : "";
  } catch {
    $("net").textContent = "";
  }
}

const isNew = (view) => view.classList.contains("description");

function lineOf(view) {
  const line = { id: view.dataset.unit, outcome: "accepted" };
  if (isNew(view)) {
    const { description, condition } = described(view);
    return { ...line, mass_g: description.mass_g, mass_basis: description.mass_basis, condition };
  }
  const member = (name) => view.querySelector(`[data-name=${name}]`).value;
  const mass_g = grams(member("mass"));
  return { ...line, ...(mass_g === null ? {} : { mass_g, mass_basis: member("mass_basis") }), ...(member("condition") ? { condition: member("condition") } : {}) };
}

async function receive(basis) {
  const signing = await signer();
  const views = [...packs.values()];
  insist(views.length > 0, "nothing-chosen");
  const fresh = views.filter(isNew);
  const births = fresh.map((view) => ({ ...described(view), units: [{ id: view.dataset.unit }] }));
  const slip = ticketMembers();
  const lines = views.map(lineOf);
  const members = {
    consignment: newId("con"), prev: null, basis, giver: { capacity: $("capacity").value },
    ...($("happened").checked ? { exception: { reason: "already_happened" } } : {}),
  };
  await agree(signing, [
    ...(await Promise.all(births.map((birth) => sentencesOf("unit.registered", birth)))).flat(),
    ...(slip ? await sentencesOf("ticket.weighed", slip) : []),
    ...(await sentencesOf("consignment.received", { ...members, lines })),
  ]);
  const documents = await documentsOf($("attested-photo"), "photo", signing);
  for (const birth of births) {
    await outbox.state(signing, "unit.registered", { ...birth, units: await unitLinks(birth.units.map(({ id }) => id)) });
  }
  for (const view of fresh) await notePlate(view.dataset.unit, plateOf(view), signing.party);
  const ticket = slip && (await outbox.state(signing, "ticket.weighed", { ticket: newId("tkt"), ...slip })).payload.ticket;
  const name = $("giver").value.trim();
  if (name) members.giver.identity = await seal({ name }, signing.party);
  const links = await unitLinks(lines.map(({ id }) => id));
  const linked = lines.map((line, n) => ({ ...line, prev: links[n].prev }));
  const item = await outbox.state(signing, "consignment.received", { ...members, lines: linked, ...(ticket ? { ticket } : {}), ...documents });
  location.assign(link("comprobante", { e: item.event }));
}
