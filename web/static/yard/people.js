/**
 * The people who sign with this phone. Each has an Ed25519 key, made here by WebCrypto. Its private half is kept
 * wrapped twice: by a key that PBKDF2 makes of the person's PIN, and around that by a key of the device that no
 * script can read out. So neither a copy of the database nor a guessed PIN is enough alone. Unlocked, it lives as a
 * key that can sign and not be exported. The name of a person never leaves the phone.
 *
 * A PIN is short: whoever can run code in this browser profile and tries all of them gets in. Against a thief the
 * defences are the phone's own lock, and key.revoked.
 */

import { base64url, fromBase64url, hex, random, sha256, utf8 } from "./bytes.js";
import { answer, read, readAll, transact } from "./database.js";
import { YardError, insist } from "./errors.js";

export const LOCK_AFTER_S = 300;
export const PIN_DIGITS_MIN = 6;
export const PASSPHRASE_CHARS_MIN = 16;

const PIN_ROUNDS = 600_000; // OWASP's figure for PBKDF2 with SHA-256
const KIT_ROUNDS = 2_000_000; // the kit leaves the phone, and the device's key does not guard it
const FREE_TRIES = 3;
const WAIT_S = 30, WAIT_S_MAX = 3600;
const CARD = "bitacora-enrolment/1";
const KIT = "bitacora-recovery/1";
const KID = /^[0-9a-f]{16}$/;
const PARTY = /^pty_[a-z2-7]{26}$/;
const LEGIBLE = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's alphabet: no i, l, o, u
const TICKET = "bitacora-campo-session";

let unlocked = null;
let timer;
const lockListeners = new Set();

/** Everybody on this phone, in the order of their coming; nothing secret. */
export async function people() {
  const records = await readAll("people");
  return records.sort((one, other) => one.created_at - other.created_at).map(shown);
}

/** A new person of `party` with a key of its own. Throws pin-too-short and no-ed25519. */
export async function addPerson({ name, party, site = null, pin }) {
  insist(PARTY.test(party), "party-malformed");
  insistPin(pin);
  return keep({ name, party, site }, await newKey(), pin);
}

/** Change what the phone says of a person; of `name`, `site` and `roles` what is given. */
export function changePerson(kid, { name, site, roles }) {
  return changeRecord(kid, (record) => ({
    ...record, name: name ?? record.name, site: site === undefined ? record.site : site, roles: roles ?? record.roles,
  }));
}

/**
 * Take a person and its key off the phone; with the last of a party, what was shown to that party alone. Throws
 * not-empty while a statement of it is not recorded.
 */
export async function removePerson(kid, pin) {
  await opened(kid, pin);
  await transact(["people", "outbox", "views"], "readwrite", async (store, outbox, views) => {
    const items = await answer(outbox.getAll());
    const open = items.filter((item) => item.kid === kid && ["unsent", "sent", "waiting", "refused"].includes(item.state));
    insist(open.length === 0, "not-empty", { statements: open.length });
    const { party } = await answer(store.get(kid));
    await answer(store.delete(kid));
    const left = await answer(store.getAll());
    if (left.some((person) => person.party === party)) return;
    for (const view of await answer(views.getAll())) if (view.party === party) await answer(views.delete(view.subject));
  });
  if (unlocked?.kid === kid) lock();
}

/** What an administrator of the party needs for `key.enrolled`, as one line for a symbol or a message. */
export function enrolmentCard({ party, kid, spki }) {
  return JSON.stringify({ format: CARD, party, kid, spki });
}

/** The inverse of `enrolmentCard`; throws code-malformed, also when the kid is not that of the key. */
export async function parseEnrolmentCard(card) {
  const { format, party, kid, spki } = parsed(card, "code-malformed");
  insist(format === CARD && PARTY.test(party) && typeof spki === "string", "code-malformed");
  insist(kid === (await kidOf(bytesOf(spki, "code-malformed"))), "code-malformed");
  return { party, kid, spki };
}

/** Whether the ledger knows the person's key, and for what; the roles are remembered. */
export async function enrolmentOf(ledger, { party, kid }) {
  const { keys } = await ledger.get(`/v1/parties/${party}`);
  const key = keys.find((known) => known.kid === kid);
  if (key) await changePerson(kid, { roles: key.revoked ? [] : key.roles });
  return { enrolled: key !== undefined, revoked: key?.revoked ?? false, roles: key?.roles ?? [] };
}

/**
 * The person's key, ready to sign, until it is locked. Throws pin-wrong, and pin-wait while none may be tried: after
 * three wrong ones every further one doubles the wait, and a new start of the phone does not shorten it.
 */
export async function unlock(kid, pin) {
  const pkcs8 = await opened(kid, pin);
  try {
    lock();
    unlocked = await sessionOf(await record(kid), pkcs8);
    const iv = random(12);
    const box = await encrypted(await deviceKey(), iv, pkcs8, utf8(kid));
    sessionStorage.setItem(TICKET, JSON.stringify({ kid, iv: base64url(iv), box: base64url(box) }));
  } finally {
    pkcs8.fill(0);
  }
  touch();
  return unlocked;
}

/** The session of who is signing in this tab, also after a change of page; null when it is locked. */
export async function session() {
  if (unused()) lock();
  if (unlocked === null) await resume();
  return unlocked;
}

/** The person did something: disuse begins anew. */
export function touch() {
  if (unused()) lock();
  if (unlocked === null) return;
  sessionStorage.setItem(TICKET, JSON.stringify({ ...ticketOf(), until: Date.now() + 1000 * LOCK_AFTER_S }));
  clearTimeout(timer);
  timer = setTimeout(lockUnused, 1000 * LOCK_AFTER_S);
}

/** Forget the unlocked key. */
export function lock() {
  clearTimeout(timer);
  sessionStorage.removeItem(TICKET);
  if (unlocked === null) return;
  unlocked = null;
  lockListeners.forEach((listener) => listener());
}

/** Have `listener` called when the key is locked. */
export function onLock(listener) {
  lockListeners.add(listener);
  return () => lockListeners.delete(listener);
}

export async function changePin(kid, old, fresh) {
  insistPin(fresh);
  const pkcs8 = await opened(kid, old);
  const wrapped = await wrap(kid, pkcs8, fresh);
  pkcs8.fill(0);
  await changeRecord(kid, (found) => ({ ...found, wrapped }));
}

/** A passphrase of 100 random bits, to be written down. */
export function newPassphrase() {
  const chars = Array.from(random(20), (byte) => LEGIBLE[byte & 31]).join("");
  return chars.replace(/(.{4})(?=.)/g, "$1-");
}

/** The key in a file that opens with the passphrase alone: against the loss of the phone. Throws passphrase-too-short. */
export async function exportKit(kid, pin, passphrase) {
  insist(spoken(passphrase).length >= PASSPHRASE_CHARS_MIN, "passphrase-too-short", { chars_min: PASSPHRASE_CHARS_MIN });
  const { party, spki } = await record(kid);
  const pkcs8 = await opened(kid, pin);
  const [salt, iv] = [random(16), random(12)];
  const key = await keyOf(spoken(passphrase), salt, KIT_ROUNDS);
  const box = await encrypted(key, iv, pkcs8, utf8(party + kid));
  pkcs8.fill(0);
  const sealed = { salt: base64url(salt), rounds: KIT_ROUNDS, iv: base64url(iv), box: base64url(box) };
  return `${JSON.stringify({ format: KIT, party, kid, spki, ...sealed }, null, 2)}\n`;
}

/** A person from its kit, on a phone that does not have it. Throws kit-malformed, passphrase-wrong, person-exists. */
export async function importKit(kit, passphrase, { name, site = null, pin }) {
  insistPin(pin);
  const { format, party, kid, spki, salt, rounds, iv, box } = parsed(kit, "kit-malformed");
  insist(format === KIT && PARTY.test(party) && KID.test(kid), "kit-malformed");
  insist(Number.isSafeInteger(rounds) && rounds >= PIN_ROUNDS && rounds <= 10 * KIT_ROUNDS, "kit-malformed");
  const [saltBytes, ivBytes, boxBytes] = [salt, iv, box].map((spelt) => bytesOf(spelt, "kit-malformed"));
  insist(kid === (await kidOf(bytesOf(spki, "kit-malformed"))), "kit-malformed");
  const key = await keyOf(spoken(passphrase), saltBytes, rounds);
  const pkcs8 = await decrypted(key, ivBytes, boxBytes, utf8(party + kid), "passphrase-wrong");
  return keep({ name, party, site }, { kid, spki, pkcs8 }, pin);
}

/** Ask the browser not to clear what is stored; what it answered. */
export async function askPersistence() {
  return (await navigator.storage?.persist?.()) ?? false;
}

async function newKey() {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]).catch((error) => {
    if (error.name === "NotSupportedError") throw new YardError("no-ed25519");
    throw error;
  });
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { kid: await kidOf(spki), spki: base64url(spki), pkcs8 };
}

async function keep({ name, party, site }, { kid, spki, pkcs8 }, pin) {
  const wrapped = await wrap(kid, pkcs8, pin);
  pkcs8.fill(0);
  const kept = { kid, name, party, site, roles: null, spki, wrapped, created_at: Date.now(), wrong: 0, not_before: 0 };
  await transact(["people"], "readwrite", async (store) => {
    insist((await answer(store.get(kid))) === undefined, "person-exists", { kid });
    await answer(store.add(kept));
  });
  return shown(kept);
}

function shown({ kid, name, party, site, roles, spki, created_at, not_before }) {
  const wait_s = Math.max(0, Math.ceil((not_before - Date.now()) / 1000));
  return { kid, name, party, site, roles, spki, created_at, wait_s };
}

async function record(kid) {
  const found = await read("people", kid);
  insist(found !== undefined, "person-unknown", { kid });
  return found;
}

function changeRecord(kid, change) {
  return transact(["people"], "readwrite", async (store) => {
    const found = await answer(store.get(kid));
    insist(found !== undefined, "person-unknown", { kid });
    const changed = change(found);
    await answer(store.put(changed));
    return shown(changed);
  });
}

/** The private key (PKCS #8) that this PIN opens; the caller overwrites it with zeros. */
async function opened(kid, pin) {
  const { wrapped, wait_s, wrong } = await spendTry(kid);
  const inner = await decrypted(await deviceKey(), wrapped.outer_iv, wrapped.box, utf8(kid), "device-changed");
  try {
    const pkcs8 = await decrypted(await keyOf(pin, wrapped.salt, wrapped.rounds), wrapped.inner_iv, inner, utf8(kid), "pin-wrong");
    await changeRecord(kid, (found) => ({ ...found, wrong: 0, not_before: 0 }));
    return pkcs8;
  } catch (error) {
    if (error.code === "pin-wrong") throw new YardError("pin-wrong", { wait_s, wrong });
    throw error;
  }
}

/** Count a try as wrong before it is made: who ends the page while it is judged has spent it. */
function spendTry(kid) {
  return transact(["people"], "readwrite", async (store) => {
    const found = await answer(store.get(kid));
    insist(found !== undefined, "person-unknown", { kid });
    const left_s = Math.ceil((found.not_before - Date.now()) / 1000);
    insist(left_s <= 0, "pin-wait", { wait_s: left_s });
    const wrong = found.wrong + 1;
    const wait_s = wrong < FREE_TRIES ? 0 : Math.min(WAIT_S * 2 ** (wrong - FREE_TRIES), WAIT_S_MAX);
    await answer(store.put({ ...found, wrong, not_before: Date.now() + 1000 * wait_s }));
    return { wrapped: found.wrapped, wait_s, wrong };
  });
}

async function wrap(kid, pkcs8, pin) {
  const [salt, inner_iv, outer_iv] = [random(16), random(12), random(12)];
  const inner = await encrypted(await keyOf(pin, salt, PIN_ROUNDS), inner_iv, pkcs8, utf8(kid));
  return { salt, rounds: PIN_ROUNDS, inner_iv, outer_iv, box: await encrypted(await deviceKey(), outer_iv, inner, utf8(kid)) };
}

async function deviceKey() {
  const kept = await read("device", "key");
  if (kept) return kept.key;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Two tabs may come here at once: the first one's key is everybody's.
  return transact(["device"], "readwrite", async (store) => {
    const other = await answer(store.get("key"));
    if (!other) await answer(store.add({ name: "key", key }));
    return other?.key ?? key;
  });
}

/**
 * Pages of one tab hand the unlocked key on: in the tab's own session storage, wrapped by the key of the device. It
 * ends with the tab, with `until`, and with `lock`.
 */
async function resume() {
  const ticket = sessionStorage.getItem(TICKET);
  if (ticket === null) return;
  const { kid, iv, box, until } = parsed(ticket, "locked");
  const found = await read("people", kid);
  if (!(until > Date.now()) || !found) return lock();
  const pkcs8 = await decrypted(await deviceKey(), fromBase64url(iv), fromBase64url(box), utf8(kid), "locked");
  unlocked = await sessionOf(found, pkcs8);
  pkcs8.fill(0);
  touch();
}

async function sessionOf({ kid, party, name, site }, pkcs8) {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
  const session = {
    kid, party, name, site,
    async sign(bytes) {
      // Whoever kept hold of it signs no more once it was locked, or another has come.
      touch();
      insist(unlocked === session, "locked");
      return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key, bytes));
    },
  };
  return session;
}

function lockUnused() {
  const { until = 0 } = ticketOf();
  if (until <= Date.now()) lock();
  else timer = setTimeout(lockUnused, until - Date.now());
}

/** A phone that slept has not run the timer: the clock decides before the first touch after it. */
const unused = () => ticketOf().until <= Date.now();

const ticketOf = () => parsed(sessionStorage.getItem(TICKET) ?? "{}", "locked");

async function keyOf(secret, salt, iterations) {
  const material = await crypto.subtle.importKey("raw", utf8(secret), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function encrypted(key, iv, bytes, additionalData) {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, bytes));
}

async function decrypted(key, iv, box, additionalData, code) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, box));
  } catch (error) {
    if (error.name === "OperationError") throw new YardError(code);
    throw error;
  }
}

const kidOf = async (spki) => hex((await sha256(spki)).subarray(0, 8));

/** A passphrase as it is meant, however it was typed. */
const spoken = (passphrase) => passphrase.normalize("NFKC").toLowerCase().replace(/[\s-]+/g, "");

function insistPin(pin) {
  insist(new RegExp(`^\\d{${PIN_DIGITS_MIN},}$`).test(pin), "pin-too-short", { digits_min: PIN_DIGITS_MIN });
}

function parsed(json, code) {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw new YardError(code);
    throw error;
  }
}

function bytesOf(spelt, code) {
  try {
    return fromBase64url(spelt);
  } catch (error) {
    if (error instanceof RangeError) throw new YardError(code);
    throw error;
  }
}
