// A load as the phone can tell it: what the ledger answered, else what was handed over, and the own unrecorded
// statements on top of it.
import { refresh, rememberView, viewOf, viewsOf } from "../known.js";
import { session } from "../people.js";
import { ledger, outbox } from "./ui.js";

const OPEN = ["offered", "carried", "handed", "stored", "refused", "missing"];
const HOPEFUL = ["unsent", "sent", "waiting"];
const MOVES = {
  "consignment.picked_up": "carried", "consignment.handed_on": "handed", "consignment.stored": "stored",
  "consignment.refused": "refused", "consignment.returned": "returned", "consignment.cancelled": "cancelled",
};

export const isOpen = ({ line }) => OPEN.includes(line);

/** The load, or null if neither the ledger nor this phone knows it: `{consignment, consignor, …, lines: [{unit, line}]}`. */
export async function readLoad(consignment) {
  const answered = await fromLedger(consignment);
  const kept = answered ?? (await viewOf(`act/${consignment}`))?.view ?? null;
  const items = await outbox.items();
  const here = items.filter(({ payload, state }) => payload.consignment === consignment && HOPEFUL.includes(state));
  return here.reduce((load, { payload }) => after(load, payload), kept);
}

/** What this phone's person may still sign for: from the ledger, or as far as the phone knows. */
export async function queue(current) {
  const rows = navigator.onLine ? await rowsFromLedger(current) : null;
  return rows ?? [];
}

/** Every load that this phone has seen, for when there is no signal. */
export async function loadsSeen() {
  const found = new Set((await viewsOf("act/con_")).map(({ subject }) => subject.slice("act/".length)));
  for (const { payload } of await outbox.items()) if (payload.consignment) found.add(payload.consignment);
  return (await Promise.all([...found].map(readLoad))).filter((load) => load !== null && load.lines.some(isOpen));
}

async function fromLedger(consignment) {
  const current = await session();
  if (!current || !navigator.onLine) return null;
  try {
    const load = await toldByEvents(consignment, current);
    if (load === null) return null;
    await rememberView(`act/${consignment}`, load);
    await refresh(ledger, current, [`act/${consignment}`, ...load.lines.map(({ unit }) => `unit/${unit}`)]);
    return load;
  } catch (error) {
    const told = error.code === "refused" ? [401, 404].includes(error.facts.status) : ["offline", "unavailable"].includes(error.code);
    if (!told) throw error;
    return null;
  }
}

async function toldByEvents(consignment, current) {
  const { events } = await ledger.get(`/v1/events?subject=act/${consignment}&limit=200`, current);
  return events.filter(({ effect }) => effect).reduce((load, { statement }) => after(load, statement), null);
}

async function rowsFromLedger(current) {
  return [];
}

/** The load after one more statement about it. */
function after(load, payload) {
  if (payload.kind === "consignment.offered") return offered(load, payload);
  if (load === null) return null;
  const moved = new Map((payload.lines ?? []).map(({ id, outcome }) => [id, outcome]));
  if (MOVES[payload.kind]) for (const { id } of payload.units) moved.set(id, MOVES[payload.kind]);
  const holder = payload.kind === "consignment.picked_up" ? { holder: payload.party } : {};
  const lines = load.lines.map((line) => (moved.has(line.unit) ? { ...line, ...holder, line: moved.get(line.unit) } : line));
  return { ...load, lines };
}

function offered(load, payload) {
  const { consignment, party, consignee, carriers = [], purpose, destination = null, units_total } = payload;
  const begun = load ?? { consignment, consignor: party, consignee, carriers, purpose, destination, units_total, stage: "offered", lines: [] };
  const fresh = payload.units.filter(({ id }) => !begun.lines.some((line) => line.unit === id));
  return { ...begun, lines: [...begun.lines, ...fresh.map(({ id }) => ({ unit: id, line: "offered", holder: party }))] };
}
