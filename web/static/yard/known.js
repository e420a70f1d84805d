/**
 * What the phone knows without a connection: the newest event of what it has seen, so that a statement can name its
 * `prev`, and what it was last shown of it. On top of what the ledger said stand the statements in the outbox that are
 * not recorded yet, own ones and those taken from a giver.
 */

import { fromBase64url } from "./bytes.js";
import { answer, read, readAll, transact, write } from "./database.js";
import { insist } from "./errors.js";
import { people } from "./people.js";
import { verify } from "./statement.js";

/** States of the outbox in which a statement may still be recorded as it is. */
export const HOPEFUL = ["unsent", "sent", "waiting"];

/** Keep what the ledger answered: `{subject: {head, head_at} | null}`, null for what it does not know. */
export function rememberHeads(heads) {
  return transact(["heads"], "readwrite", async (store) => {
    for (const [subject, found] of Object.entries(heads)) {
      store.put({ subject, head: found?.head ?? null, head_at: found?.head_at ?? null });
    }
  });
}

/** Ask the ledger for the newest events of these subjects and keep them; false without a connection. */
export async function refresh(ledger, session, subjects) {
  try {
    await rememberHeads(await ledger.heads(subjects, session));
    return true;
  } catch (error) {
    if (error.code === "offline" || error.code === "unavailable") return false;
    throw error;
  }
}

/**
 * The event that the next statement about each subject builds on: hex, null for what is known not to be there yet,
 * undefined for what is not known.
 */
export function headsOf(subjects) {
  return transact(["heads", "outbox"], "readonly", async (heads, outbox) => {
    const found = {};
    for (const subject of subjects) found[subject] = (await answer(heads.get(subject)))?.head;
    for (const item of await itemsIn(outbox, HOPEFUL)) {
      for (const { subject } of item.extends) {
        if (subject in found) found[subject] = item.event;
      }
    }
    return found;
  });
}

/** When the newest of these subjects' events happened, as far as the phone knows; an empty text if it knows none. */
export function newestMoment(subjects) {
  return transact(["heads", "outbox"], "readonly", async (heads, outbox) => {
    const moments = [""];
    for (const subject of subjects) moments.push((await answer(heads.get(subject)))?.head_at ?? "");
    for (const item of await itemsIn(outbox, HOPEFUL)) {
      if (item.extends.some(({ subject }) => subjects.includes(subject))) moments.push(item.occurred_at);
    }
    return moments.sort().at(-1);
  });
}

export const headOf = async (subject) => (await headsOf([subject]))[subject];

/** The links of these units as a statement has them. Throws unknown-head for one that this phone has not seen. */
export async function unitLinks(units) {
  const heads = await headsOf(units.map((unit) => `unit/${unit}`));
  return units.map((id) => {
    const prev = heads[`unit/${id}`];
    insist(prev !== undefined, "unknown-head", { subject: `unit/${id}` });
    return { id, prev };
  });
}

/** Keep what was shown of a subject, any JSON: to everybody, or to one `party` alone, which no other finds here. */
export const rememberView = (subject, view, party = null) =>
  write("views", { subject: keyOf(subject, party), view, party, seen_at: Date.now() });

/** What was last shown of a subject, `{view, seen_at}`, or null. */
export async function viewOf(subject, party = null) {
  return (await read("views", keyOf(subject, party))) ?? null;
}

/** All that was shown of subjects whose key begins so. */
export async function viewsOf(prefix, party = null) {
  const found = (await readAll("views")).filter(({ subject }) => subject.startsWith(keyOf(prefix, party)));
  return found.map((record) => ({ ...record, subject: record.subject.slice(keyOf("", party).length) }));
}

const keyOf = (subject, party) => (party === null ? subject : `${party}/${subject}`);

/** Keep the keys of a party, as `/v1/parties/{party}` answers, to know its signatures without a connection. */
export async function rememberParty(ledger, party) {
  await rememberView(`party/${party}`, await ledger.get(`/v1/parties/${party}`));
}

/** Whether a person of this phone signed the statement; null where it names no key of this phone. */
export async function isOwn(statement) {
  const person = (await people()).find(({ kid }) => kid === statement.kid);
  if (!person) return null;
  return person.party === statement.iss && verify(statement, fromBase64url(person.spki));
}

/** Whether the statement's signature is its party's, as far as the phone can tell: good, bad or unknown. */
export async function signatureOf(statement) {
  const own = await isOwn(statement);
  if (own !== null) return own ? "good" : "bad";
  const keys = (await viewOf(`party/${statement.iss}`))?.view.keys ?? [];
  const key = keys.find(({ kid }) => kid === statement.kid);
  if (key === undefined) return "unknown";
  return !key.revoked && (await verify(statement, fromBase64url(key.spki))) ? "good" : "bad";
}

/** A recorded statement is now the newest event of what it extends, unless the phone has heard of a newer one. */
export async function advance(heads, item) {
  for (const { subject, prev } of item.extends) {
    const known = await answer(heads.get(subject));
    if (known && known.head !== prev) continue;
    await answer(heads.put({ subject, head: item.event, head_at: item.occurred_at }));
  }
}

/** The outbox's items in these states, in the order of their coming. */
export async function itemsIn(outbox, states) {
  const found = [];
  for (const state of states) found.push(...(await answer(outbox.index("state").getAll(state))));
  return found.sort((one, other) => one.n - other.n);
}
