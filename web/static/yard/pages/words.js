// A signed statement in people's words: what it is, where it stands, and how it is vouched for.
import { el, kg, nameOf, say, shortOf } from "./ui.js";

const MARKS = { unsent: "○", sent: "○", waiting: "◔", refused: "✕", recorded: "✓", proven: "✓✓", aside: "–", mended: "↻" };

/** One tick: saved. Two ticks: checked. The sign alone would say nothing to who does not see it. */
export function state(item) {
  return el("span", { class: `state ${item.state}` }, el("span", { "aria-hidden": "true" }, `${MARKS[item.state]} `), say(`state.${item.state}`));
}

export async function titleOf({ kind, payload }) {
  const units = unitsOf(payload);
  const about = units.length === 1 ? shortOf(units[0]) : say("units.many", { n: units.length });
  return units.length ? `${say(`kind.${kind}`)}: ${about}` : say(`kind.${kind}`);
}

export function unitsOf(payload) {
  return [...(payload.units ?? []), ...(payload.lines ?? [])].map((unit) => unit.id ?? unit);
}

/** What a statement says, one sentence each: for before it is signed, and for its receipt. */
export async function sentencesOf(kind, payload) {
  const told = SENTENCES[kind];
  const first = told ? await told(payload) : [`${say(`kind.${kind}`)}: ${unitsOf(payload).map(shortOf).join(", ")}`];
  return [...first, ...(payload.documents?.length ? [say("sentence.documents", { n: payload.documents.length })] : [])];
}

const listed = (units) => units.map((unit) => shortOf(unit.id ?? unit)).join(", ");

const UNREGISTERED = ["tow_truck", "impound", "salvage", "scrap_collector", "party"]; // ledger/fold/reception.py

const SENTENCES = {
  "unit.registered": ({ units, description, condition = "sound", stage }) => [
    say("sentence.registered", { units: listed(units), kind: say(`unit_kind.${description.unit_kind}`), chemistry: say(`chemistry.${description.chemistry}`) }),
    say("sentence.mass", { mass: kg(description.mass_g), basis: say(`mass_basis.${description.mass_basis}`) }),
    say("sentence.condition", { condition: say(`condition.${condition}`), stage: say(`stage.${stage}`) }),
  ],
  "consignment.offered": async ({ units, units_total, consignee, carriers = [], purpose, declared_mass_g }) => [
    say("sentence.offered", { n: units_total, party: await nameOf(consignee) }),
    listed(units),
    say(`purpose.${purpose}`),
    carriers.length ? say("sentence.carriers", { parties: (await Promise.all(carriers.map(nameOf))).join(", ") }) : say("sentence.no_carrier"),
    ...(declared_mass_g ? [say("sentence.declared", { mass: kg(declared_mass_g) })] : []),
  ],
  "consignment.picked_up": ({ units }) => [say("sentence.picked_up", { n: units.length }), listed(units)],
  "consignment.handed_on": async ({ units, to }) => [say("sentence.handed_on", { n: units.length, party: await nameOf(to) }), listed(units)],
  "consignment.cancelled": ({ units }) => [say("sentence.cancelled", { n: units.length }), listed(units)],
  "consignment.returned": ({ units }) => [say("sentence.returned", { n: units.length }), listed(units)],
  "consignment.received": ({ basis, giver, lines, exception }) => [
    ...(giver ? [say("sentence.giver", { capacity: say(`capacity.${giver.capacity}`) })] : []),
    ...(basis === "attested" && UNREGISTERED.includes(giver.capacity) ? [say("sentence.giver_unregistered")] : []),
    ...(basis === "emergency" ? [say("sentence.emergency")] : []),
    ...["accepted", "refused", "missing", "extra"].flatMap((outcome) => linesOf(outcome, lines)),
    ...(exception ? [say(`exception.${exception.reason}`)] : []),
  ],
  "event.agreed": ({ units = [] }) => [say("sentence.agreed", { n: units.length }), listed(units), say("sentence.agreed_means")],
  "event.disputed": ({ reason }) => [say("sentence.disputed", { reason: say(`dispute.${reason}`) }), say("sentence.disputed_means")],
  "paper.scanned": ({ form, number, signed_by }) => [
    say("sentence.scanned", { form: say(`form.${form}`), number }),
    say("sentence.inked", { parties: signed_by.map((party) => say(`inked.${party}`)).join(", ") }),
  ],
  "paper.returned": ({ form, number }) => [say("sentence.is_back", { form: say(`form.${form}`), number })],
  "ticket.weighed": ({ gross_g, tare_g, resolution_g }) => [
    say("sentence.weighed", { gross: kg(gross_g), tare: kg(tare_g), net: kg(gross_g - tare_g), resolution: kg(resolution_g) }),
  ],
};

function linesOf(outcome, lines) {
  const these = lines.filter((line) => line.outcome === outcome);
  if (these.length === 0) return [];
  const details = these.map((line) => shortOf(line.id) + (line.reason ? ` (${say(`reason.${line.reason}`)})` : "")
    + (line.mass_g !== undefined ? ` ${kg(line.mass_g)} ${say(`mass_basis.${line.mass_basis}`)}` : ""));
  return [say(`sentence.${outcome}`, { n: these.length, units: details.join(", ") })];
}

/** How sure the hand-over is, in words. */
export function assuranceOf({ kind, payload }) {
  if (kind !== "consignment.received") return "own_key";
  if (payload.basis === "attested") return payload.giver.assurance ?? "one_sided";
  return { emergency: "one_sided", paper: "scanned_paper" }[payload.basis] ?? "own_key";
}

export const isCritical = ({ payload }) => payload.condition === "critical" || (payload.lines ?? []).some((line) => line.condition === "critical");
