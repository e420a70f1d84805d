/**
 * Statements that were signed on this phone, or taken over from a giver's, in the order of their coming, until the
 * ledger has them; none is ever dropped. Sending is safe to repeat: the same bytes get the same answer.
 *
 *   unsent    not sent, or sent in vain            refused   the ledger turned it away, and said why
 *   sent      sent, the answer is not here yet     mended    refused, and signed again as `mended_by`
 *   waiting   builds on what is not there yet      aside     refused, and given up by the person
 *   recorded  in the log (one tick)                proven    its receipt is here (two ticks)
 */

import { answer, read, readAll, transact, write } from "./database.js";
import { insist } from "./errors.js";
import { HOPEFUL, advance, isOwn, itemsIn, newestMoment, rememberHeads } from "./known.js";
import { problemOf } from "./ledger.js";
import { verifyReceipt } from "./receipt.js";
import { draft, instant, restated, sign, subjectsOf } from "./statement.js";

export const STATES = ["unsent", "sent", "waiting", "refused", "recorded", "proven", "mended", "aside"];
const OPEN = ["unsent", "sent", "waiting", "refused"];
const MENDABLE = ["stale-head", "conflicting-statement", "subject-exists", "time-out-of-bounds"];

const BATCH_STATEMENTS = 100, BATCH_BYTES = 512 * 1024; // both well below api/limits.py, for a bad line
const PAUSE_S = 5, PAUSE_S_MAX = 600;
const WAIT_S = 120; // between questions whether what a statement waits for has come
const RECEIPTS = 20; // asked for in one round
const RECEIPT_S = 3;
const DRIFT_S_MAX = 600; // as far as the ledger lets a clock be ahead (ledger/fold/admission.py)
const LOCK = "bitacora-campo-outbox";

export class Outbox {
  #ledger;
  #listeners = new Set();
  #channel = new BroadcastChannel(LOCK);
  #timer;
  #stopped = new AbortController();

  constructor(ledger) {
    this.#ledger = ledger;
    this.#channel.onmessage = () => this.#tell();
  }

  /**
   * Say something: draft, sign, keep, and send as soon as there is a connection. Two phones' clocks differ: what
   * builds on an event that happened a little later by the other's clock happened with it. Throws locked,
   * payload-malformed.
   */
  async state(session, kind, members) {
    const payload = draft(session, kind, members);
    const newest = await newestMoment(subjectsOf(payload).map(({ subject }) => subject));
    if (payload.occurred_at < newest && newest <= instant(Date.now() + 1000 * DRIFT_S_MAX)) payload.occurred_at = newest;
    const item = await this.add(await sign(session, payload));
    this.#later(0);
    return item;
  }

  /** Keep a statement; the item that is there already if it is. */
  async add(statement, { mine = true } = {}) {
    const [item] = await this.#keep([itemOf(statement, mine)]);
    return item;
  }

  /**
   * Keep what a giver handed over, or an own export after the loss of the phone: how many were new. Own is what a key
   * of this phone did sign, not what says so: own statements are signed again.
   */
  async take(statements) {
    const own = await Promise.all(statements.map(isOwn));
    const before = (await readAll("outbox")).length;
    await this.#keep(statements.map((statement, n) => itemOf(statement, own[n] === true)));
    const added = (await readAll("outbox")).length - before;
    this.#later(0);
    return { added, known: statements.length - added };
  }

  /** All items in the order of their coming, or those that are still open. */
  async items({ open = false } = {}) {
    const items = await readAll("outbox");
    return open ? items.filter(({ state }) => OPEN.includes(state)) : items;
  }

  /** The item of an event, or null. */
  async item(event) {
    return (await transact(["outbox"], "readonly", (outbox) => find(outbox, event))) ?? null;
  }

  /** How many there are in each state, and how many are open. */
  async counts() {
    const counts = Object.fromEntries([...STATES, "open"].map((state) => [state, 0]));
    for (const { state } of await readAll("outbox")) {
      counts[state] += 1;
      if (OPEN.includes(state)) counts.open += 1;
    }
    return counts;
  }

  /**
   * Send what is due and ask for receipts; the counts after it. Without a connection it does nothing, and after a
   * failure it waits, longer each time, unless `now`. Two calls, also of two tabs, come one after the other.
   */
  async flush({ now = false } = {}) {
    await alone(async () => {
      if (navigator.onLine === false || (!now && (await paused()))) return;
      try {
        for (let batch = await due(now, new Set()), asked = new Set(); batch.length > 0; batch = await due(now, asked)) {
          batch.forEach(({ event }) => asked.add(event));
          await this.#send(batch);
        }
        await this.#prove();
        await resumed();
      } catch (error) {
        if (error.code !== "offline" && error.code !== "unavailable") throw error;
        await pause(error.facts.retry_after_s ?? 0);
      }
    });
    this.#tell();
    return this.counts();
  }

  /** From here on send by itself: now, when the connection is back, when the page is looked at, and after pauses. */
  start() {
    const { signal } = this.#stopped;
    globalThis.addEventListener("online", () => this.#run({ now: true }), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#later(0), { signal });
    this.#later(0);
  }

  stop() {
    this.#stopped.abort();
    this.#stopped = new AbortController();
    clearTimeout(this.#timer);
  }

  /** Have `listener` called after changes, of other tabs too; gives a function that ends it. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Send a refused statement once more as it is, when what stood against it is gone. */
  async retry(event) {
    await this.#change(event, (item) => {
      insist(item.state === "refused" || item.state === "aside", "not-mendable", { state: item.state });
      return { ...item, state: "unsent", problem: null };
    });
    this.#later(0);
  }

  /** Give a refused statement up; it stays here. */
  setAside(event) {
    return this.#change(event, (item) => {
      insist(item.state === "refused", "not-mendable", { state: item.state });
      return { ...item, state: "aside" };
    });
  }

  /**
   * Mend a statement that was refused because others were recorded before it, or because the phone's clock was ahead:
   * fetch the heads, put them in as `prev`, say which lost conflict it restates, and sign again, and with it the party's
   * own statements that build on it. The new items. It happened when it said, but not before what it builds on, and not
   * after now. `agreed` is shown the payloads, but for their `prev`, before any is signed; what it throws ends it.
   * Throws not-mendable, not-mine, locked.
   */
  async signAgain(event, session, agreed = async () => {}) {
    const items = await this.items();
    const refused = items.find((item) => item.event === event);
    insist(refused?.state === "refused" && MENDABLE.includes(refused.problem?.problem), "not-mendable");
    insist(refused.mine && refused.party === session.party, "not-mine");
    const chain = descendants(refused, items.filter((item) => item.mine && item.party === session.party));
    const heads = await this.#headsFor(refused, chain, session);
    const moments = momentsOf(chain, heads);
    await agreed(chain.map(({ payload }, n) => ({ ...payload, occurred_at: moments[n] })));
    insist((await this.item(event)).state === "refused", "not-mendable"); // another tab may have been quicker
    const fresh = [];
    for (const [n, item] of chain.entries()) {
      const anew = await sign(session, renewed(item, heads, moments[n]));
      for (const { subject } of item.extends) heads[subject] = { head: anew.event, head_at: anew.payload.occurred_at };
      fresh.push({ ...itemOf(anew, true), mends: item.event });
    }
    const kept = await this.#keep(fresh);
    this.#later(0);
    return kept;
  }

  /**
   * What a receiver needs to build on these subjects (`unit/…`, `act/…`): the items that are not recorded yet, back to
   * the last one that is, parents first, for `pack`. All that is open, `packAll(await items({open: true}))` keeps
   * against the loss of the phone.
   */
  async forHandover(subjects) {
    const wanted = new Set(subjects);
    const chain = [];
    const items = await transact(["outbox"], "readonly", (outbox) => itemsIn(outbox, HOPEFUL));
    const needed = new Set();
    for (const item of items.toReversed()) {
      if (!needed.has(item.event) && !item.extends.some(({ subject }) => wanted.has(subject))) continue;
      item.extends.forEach(({ prev }) => needed.add(prev));
      chain.unshift(item);
    }
    return chain;
  }

  async #keep(fresh) {
    const kept = await transact(["outbox"], "readwrite", async (outbox) => {
      const items = [];
      for (const item of fresh) {
        const known = await find(outbox, item.event);
        const n = known ? known.n : await answer(outbox.add(item));
        items.push(known ?? { ...item, n });
        const mended = item.mends && (await find(outbox, item.mends));
        if (mended) await answer(outbox.put({ ...mended, state: "mended", mended_by: item.event }));
      }
      return items;
    });
    this.#changed();
    return kept;
  }

  async #change(event, change) {
    await transact(["outbox"], "readwrite", async (outbox) => {
      const item = await find(outbox, event);
      insist(item, "not-mendable", { event });
      await answer(outbox.put(change(item)));
    });
    this.#changed();
  }

  async #send(batch) {
    await mark(batch, "sent");
    this.#changed();
    try {
      const results = await this.#submitted(batch);
      await transact(["outbox", "heads"], "readwrite", async (outbox, heads) => {
        for (const [n, { event }] of batch.entries()) {
          const judged = after(await find(outbox, event), results[n]);
          await answer(outbox.put(judged));
          if (judged.state === "recorded") await advance(heads, judged);
        }
      });
    } catch (error) {
      await mark(batch, "unsent");
      throw error;
    }
    this.#changed();
  }

  /** One result for each; a request that is refused as a whole is made again one by one, to find whose fault it is. */
  async #submitted(batch) {
    try {
      return await this.#ledger.submit(batch.map(({ raw }) => raw));
    } catch (error) {
      if (error.code !== "refused") throw error;
      if (batch.length === 1) return [error.facts];
      const results = [];
      for (const item of batch) results.push(...(await this.#submitted([item])));
      return results;
    }
  }

  async #prove() {
    const recorded = await transact(["outbox"], "readonly", (outbox) => itemsIn(outbox, ["recorded"]));
    for (const { event, raw } of recorded.slice(0, RECEIPTS)) {
      const receipt = await this.#ledger.receipt(event);
      if (receipt === null) continue;
      const doubt = await doubtOf(receipt, raw, this.#ledger.trust);
      const state = doubt ? "recorded" : "proven";
      await this.#change(event, (item) => ({ ...item, state, receipt, problem: doubt }));
    }
  }

  /** From the ledger; a key that may not read, or a lost connection, has what the refusal itself listed. */
  async #headsFor(refused, chain, session) {
    const subjects = [...new Set(chain.flatMap((item) => item.extends.map(({ subject }) => subject)))];
    const listed = Object.fromEntries((refused.problem.stale ?? []).map(({ subject, head }) => [subject, head && { head }]));
    try {
      const heads = await this.#ledger.heads(subjects, session);
      await rememberHeads(heads);
      return { ...listed, ...heads };
    } catch (error) {
      if (!["offline", "unavailable", "refused"].includes(error.code)) throw error;
      return listed;
    }
  }

  #changed() {
    this.#tell();
    this.#channel.postMessage(null);
  }

  #tell() {
    this.#listeners.forEach((listener) => listener());
  }

  #later(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), 1000 * seconds);
  }

  async #run(how) {
    const counts = await this.flush(how);
    const until = (await read("device", "pause"))?.until ?? 0;
    if (this.#stopped.signal.aborted || navigator.onLine === false) return;
    const wanted = counts.recorded ? RECEIPT_S : counts.waiting ? WAIT_S : counts.unsent + counts.sent ? PAUSE_S : 0;
    if (wanted) this.#later(Math.max(wanted, (until - Date.now()) / 1000));
  }
}

function itemOf(statement, mine) {
  const { raw, event, kid, payload } = statement;
  return {
    event, raw, mine, kid, payload, kind: payload.kind, party: payload.party, occurred_at: payload.occurred_at,
    extends: subjectsOf(payload), state: "unsent", made_at: Date.now(), tries: 0, next_at: 0,
    problem: null, waiting_for: [], index: null, recorded_at: null, receipt: null, mended_by: null, mends: null,
  };
}

/** What is wrong with a receipt, in the form of a problem; null if nothing. */
async function doubtOf(receipt, raw, trust) {
  if (trust === null) return null;
  try {
    await verifyReceipt(receipt, raw, trust);
    return null;
  } catch (error) {
    if (error.code !== "receipt-invalid") throw error;
    return { problem: error.code };
  }
}

const find = (outbox, event) => answer(outbox.index("event").get(event));

/** What an answer makes of an item. */
function after(item, result) {
  const { status } = result;
  if (status === 200 || status === 201) {
    return { ...item, state: "recorded", index: result.index, recorded_at: result.recorded_at, problem: null, waiting_for: [] };
  }
  if (status === 202) {
    return { ...item, state: "waiting", waiting_for: result.waiting_for, next_at: Date.now() + 1000 * WAIT_S };
  }
  return { ...item, state: "refused", problem: problemOf(result) };
}

/** The next statements to send, in order, that were not asked about in this round. */
async function due(now, asked) {
  const items = await transact(["outbox"], "readonly", (outbox) => itemsIn(outbox, HOPEFUL));
  const batch = [];
  let room = BATCH_BYTES;
  for (const item of items) {
    const rests = item.state === "waiting" && !now && item.next_at > Date.now();
    if (asked.has(item.event) || rests) continue;
    room -= item.raw.length;
    if (batch.length === BATCH_STATEMENTS || (room < 0 && batch.length > 0)) break;
    batch.push(item);
  }
  return batch;
}

function mark(batch, state) {
  return transact(["outbox"], "readwrite", async (outbox) => {
    for (const { event } of batch) {
      const item = await find(outbox, event);
      if (item.state === "waiting") continue;
      await answer(outbox.put({ ...item, state, tries: item.tries + (state === "sent") }));
    }
  });
}

/** An item with those that build on it, parents first: `items` are in the order of their coming. */
function descendants(first, items) {
  const chain = [first];
  const events = new Set([first.event]);
  for (const item of items) {
    if (item.n <= first.n || !OPEN.includes(item.state)) continue;
    if (!item.extends.some(({ prev }) => events.has(prev))) continue;
    events.add(item.event);
    chain.push(item);
  }
  return chain;
}

/** When each item of a chain will have happened: when it said, not after now, and not before what it builds on. */
function momentsOf(chain, heads) {
  const newest = Object.fromEntries(Object.entries(heads).map(([subject, found]) => [subject, found?.head_at]));
  return chain.map((item) => {
    const [stated] = [item.payload.occurred_at, instant()].sort();
    const moment = [stated, ...item.extends.map(({ subject }) => newest[subject]).filter(Boolean)].sort().at(-1);
    for (const { subject } of item.extends) newest[subject] = moment;
    return moment;
  });
}

function renewed(item, heads, occurred_at) {
  const lost = item.problem?.problem === "conflicting-statement" ? { restates: item.event } : {};
  const prevs = Object.fromEntries(item.extends.map(({ subject }) => [subject, heads[subject]?.head]));
  return restated(item.payload, prevs, { occurred_at, ...lost });
}

/** One tab at a time; a browser without locks sends twice at worst, which is safe. */
function alone(work) {
  return navigator.locks ? navigator.locks.request(LOCK, work) : work();
}

const paused = async () => ((await read("device", "pause"))?.until ?? 0) > Date.now();

const resumed = () => write("device", { name: "pause", until: 0, tries: 0 });

async function pause(retryAfterS) {
  const tries = ((await read("device", "pause"))?.tries ?? 0) + 1;
  const seconds = Math.max(retryAfterS, Math.min(PAUSE_S * 2 ** (tries - 1), PAUSE_S_MAX));
  await write("device", { name: "pause", until: Date.now() + 1000 * seconds, tries });
}
