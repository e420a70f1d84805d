// A load as the phone can tell it: what the ledger answered, else what was handed over, and the own unrecorded
// statements on top of it.
import { refresh, rememberView, viewOf, viewsOf } from "../known.js";
import { session } from "../people.js";
import { ledger, outbox } from "./ui.js";

const OPEN = ["offered", "carried", "handed", "stored", "refused", "missing"];
// With whom each act is done.
const OTHER = { pick_up: "consignor", receive: "consignor", agree: "consignee", take_back: "consignee", deliver: "consignee",
  offer_rest: "consignee", record_delivery: "consignee", redirect: "consignee", register_original: "consignee", resolve: "consignee" };
const HOPEFUL = ["unsent", "sent", "waiting"], FAILED = ["refused", "mended", "aside"];
const MOVES = {
  "consignment.picked_up": "carried", "consignment.handed_on": "handed", "consignment.stored": "stored",
  "consignment.refused": "refused", "consignment.returned": "returned", "consignment.cancelled": "cancelled",
};

const CLAIMS = { extra: "ceded", claimed: "accepted" };

export const isOpen = ({ line }) => OPEN.includes(line);
/** Whether somebody says that it has this pack of a party which never signed for it. */
export const isClaim = ({ line }) => line in CLAIMS;

/** The load, or null if neither the ledger nor this phone knows it: `{consignment, consignor, …, lines: [{unit, line}]}`. */
export async function readLoad(consignment) {
  await fetchLoad(consignment);
  return remembered(consignment);
}

/** As the phone alone can tell it: what the party was last told, and what was signed here or taken over since. */
async function remembered(consignment) {
  const current = await session();
  const told = current && (await viewOf(`act/${consignment}`, current.party));
  const claims = new Set((told?.view.lines ?? []).filter(isClaim).map(({ event }) => event));
  const since = (await outbox.items()).filter(({ payload, state, made_at }) =>
    (payload.consignment === consignment || claims.has(payload.event))
    && !FAILED.includes(state) && (HOPEFUL.includes(state) || made_at > (told?.seen_at ?? 0)));
  return since.reduce((load, { payload }) => after(load, payload), told?.view ?? null);
}

/** What waits for the person who is in, `{consignment, act, other}`; nothing without signal, or before the key is approved. */
export async function queue(current) {
  if (!navigator.onLine) return [];
  try {
    const { queue: rows } = await ledger.get("/v1/queue", current);
    return rows.map((row) => ({ ...row, other: row[OTHER[row.act]] ?? row.consignor }));
  } catch (error) {
    if (!isTold(error)) throw error;
    return [];
  }
}

/** Every load that the party of who is in has seen on this phone, for when there is no signal. */
export async function loadsSeen() {
  const current = await session();
  const found = new Set((current ? await viewsOf("act/con_", current.party) : []).map(({ subject }) => subject.slice("act/".length)));
  for (const { payload } of await outbox.items()) if (payload.consignment) found.add(payload.consignment);
  return (await Promise.all([...found].map(remembered))).filter((load) => load !== null && load.lines.some(isOpen));
}

/** Remember what the ledger says of a load, and the heads that a signature about it needs; whether it could. */
export async function fetchLoad(consignment) {
  const current = await session();
  if (!current || !navigator.onLine) return false;
  try {
    const load = await wholeLoad(consignment, current);
    await rememberView(`act/${consignment}`, load, current.party);
    await refresh(ledger, current, [`act/${consignment}`, ...load.lines.map(({ unit }) => `unit/${unit}`)]);
    return true;
  } catch (error) {
    if (!isTold(error)) throw error;
    return false;
  }
}

/** Whether it only means that nothing can be read now: what the phone remembers has to do. */
function isTold({ code, facts }) {
  return code === "refused" ? [401, 404].includes(facts.status) : ["offline", "unavailable"].includes(code);
}

/** All pages of its lines; of what vouches for a line, the code alone. */
async function wholeLoad(consignment, current) {
  const path = `/v1/consignments/${consignment}`;
  let page = await ledger.get(path, current);
  const load = { ...page };
  while (page.next) {
    page = await ledger.get(`${path}?after=${page.next}`, current);
    load.lines = [...load.lines, ...page.lines];
  }
  return { ...load, lines: load.lines.map((line) => ({ ...line, assurance: line.assurance?.code ?? null })) };
}

/** The load after one more statement about it. */
function after(load, payload) {
  if (payload.kind === "consignment.offered") return offered(load, payload);
  if (load === null) return null;
  if (payload.kind.startsWith("paper.")) return { ...load, ...papersAfter(load, payload) };
  if (payload.kind === "event.agreed") return { ...load, lines: load.lines.map((line) => agreed(line, payload)) };
  const moved = new Map((payload.lines ?? []).map(({ id, outcome }) => [id, outcome]));
  if (MOVES[payload.kind]) for (const { id } of payload.units) moved.set(id, MOVES[payload.kind]);
  const holder = payload.kind === "consignment.picked_up" ? { holder: payload.party } : {};
  const to = payload.to ?? null;
  const lines = load.lines.map((line) => (moved.has(line.unit) ? { ...line, ...holder, to, line: moved.get(line.unit) } : line));
  return { ...load, lines };
}

function agreed(line, { event, units = [] }) {
  const taken = isClaim(line) && line.event === event && units.some(({ id }) => id === line.unit);
  return taken ? { ...line, line: CLAIMS[line.line] } : line;
}

function papersAfter({ papers = {}, original = null }, { kind, id, form, number, occurred_at }) {
  const paper = { scanned: [], returned_at: null, ...papers[form], number };
  if (kind === "paper.scanned") return { papers: { ...papers, [form]: { ...paper, scanned: [...paper.scanned, id] } } };
  if (kind !== "paper.returned") return {};
  const back = form === "manifest" && original && { stage: "returned", returned_on: occurred_at.slice(0, 10), step: null };
  return { papers: { ...papers, [form]: { ...paper, returned_at: occurred_at } }, original: original && { ...original, ...back } };
}

function offered(load, payload) {
  const { consignment, party, consignee, carriers = [], purpose, destination = null, units_total } = payload;
  const begun = load ?? { consignment, consignor: party, consignee, carriers, purpose, destination, units_total, stage: "offered", lines: [] };
  const fresh = payload.units.filter(({ id }) => !begun.lines.some((line) => line.unit === id));
  return { ...begun, lines: [...begun.lines, ...fresh.map(({ id }) => ({ unit: id, line: "offered", holder: party }))] };
}
