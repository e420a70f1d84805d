/**
 * Signed statements, byte for byte as `docs/formats.md` has them (Statement, Event): a COSE_Sign1 with tag 18 in
 * deterministic CBOR, whose payload is JSON with integers only. The event id is SHA-256 of what was signed.
 */

import { base32, concat, fromHex, hex, random, sha256, text, utf8 } from "./bytes.js";
import { decode, encode } from "./cbor.js";
import { YardError, insist } from "./errors.js";

export const STATEMENT_BYTES_MAX = 60 * 1024;
export const UNITS_MAX = 256;

const CONTENT_TYPE = "application/vnd.bitacora.event+json";
const EDDSA = -8, ES256 = -7;
const TAG_18 = Uint8Array.of(0xd2);
const DEPTH_MAX = 16;
// As in ledger/strict_json.py: what breaks lines, turns the direction of writing, or is half a character.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;

// The member that names the main subject: by kind, else by family.
const SUBJECT = {
  "incident.reported": "incident", "count.recorded": "count", "ticket.weighed": "ticket", "product.released": "release",
  "unit.matched": "unit", "unit.dismantled": "unit", "lot.split": "lot", "lot.merged": "into",
  "generator.registered": "generator", "authorisation.granted": "holder", "site.registered": "operated_by",
  "party.registered": "registered", "party.changed": "changed", "party.closed": "closed",
};
const ACT = {
  consignment: "consignment", paper: "consignment", discrepancy: "consignment", batch: "batch", claim: "claim",
  application: "application", order: "order", inspection: "inspection", case: "case", filing: "filing",
  key: "enrolled_for",
};
// Kinds that bring their act into being, and the members that link units.
const BEGINS = new Set([
  "incident.reported", "count.recorded", "ticket.weighed", "product.released", "batch.opened", "claim.made",
  "application.submitted", "order.issued", "inspection.ordered", "case.opened", "filing.submitted",
]);
const LINKS = ["units", "lines", "unit", "duplicate", "lot", "into", "parts", "outputs"];
// Where a link that says nothing of its `prev` brings its unit into being.
const NEW = ["into", "parts", "outputs"];

/** An opaque id of 16 random bytes, like `con_…`. */
export const newId = (prefix) => `${prefix}_${base32(random(16))}`;

/** A UUIDv7 (RFC 9562 §5.7). */
export function newUuid7(milliseconds = Date.now(), bytes = random(10)) {
  const tail = bytes.slice(0, 10);
  tail[0] = (tail[0] & 0x0f) | 0x70;
  tail[2] = (tail[2] & 0x3f) | 0x80;
  const digits = milliseconds.toString(16).padStart(12, "0") + hex(tail);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A time as statements spell it: UTC, whole seconds. */
export function instant(milliseconds = Date.now()) {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/**
 * A payload of `kind` in the name of the session's party. `members` may give its own `occurred_at` and `site`;
 * a member that is null where it need not be said is left out by giving undefined.
 */
export function draft(session, kind, members) {
  const { occurred_at = instant(), site = session.site ?? undefined, ...rest } = members;
  const common = { v: 1, kind, id: newUuid7(), occurred_at, party: session.party, site };
  return Object.fromEntries(Object.entries({ ...common, ...rest }).filter(([, value]) => value !== undefined));
}

/**
 * Sign a payload. `signer` has `kid` (hex), `party`, and `sign(bytes)` that gives 64 bytes of Ed25519.
 * Throws payload-malformed with the JSON pointer of what no statement may hold, and statement-too-large.
 */
export async function sign(signer, payload) {
  const content = utf8(format(payload));
  const header = encode(new Map([
    [1, EDDSA],
    [3, CONTENT_TYPE],
    [4, fromHex(signer.kid)],
    [15, new Map([[1, payload.party], [2, mainSubject(payload)]])],
  ]));
  const signature = await signer.sign(signedBytes(header, content));
  const raw = concat(TAG_18, encode([header, new Map(), content, signature]));
  insist(raw.length <= STATEMENT_BYTES_MAX, "statement-too-large", { bytes: raw.length, bytes_max: STATEMENT_BYTES_MAX });
  return parse(raw);
}

/**
 * Take a statement apart: `{raw, event, kid, alg, iss, sub, payload, signed, signature}`. Throws
 * statement-malformed for anything but the one spelling; whether the signature is good, `verify` says.
 */
export async function parse(raw) {
  insist(raw.length <= STATEMENT_BYTES_MAX && raw[0] === TAG_18[0], "statement-malformed");
  try {
    const [header, unprotected, content, signature] = opened(decode(raw.subarray(1)), 4);
    insist(unprotected instanceof Map && unprotected.size === 0 && signature.length === 64, "statement-malformed");
    const members = decode(header);
    insist([...members.keys()].join() === "1,3,4,15" && members.get(3) === CONTENT_TYPE, "statement-malformed");
    const [alg, kid, claims] = [members.get(1), members.get(4), members.get(15)];
    insist([EDDSA, ES256].includes(alg) && kid.length === 8 && [...claims.keys()].join() === "1,2", "statement-malformed");
    const payload = JSON.parse(text(content));
    check(payload);
    const [iss, sub] = [claims.get(1), claims.get(2)];
    insist(iss === payload.party && sub === mainSubject(payload), "statement-malformed");
    const signed = signedBytes(header, content);
    return { raw, event: hex(await sha256(signed)), kid: hex(kid), alg, iss, sub, payload, signed, signature };
  } catch (error) {
    // Whatever shape hostile bytes have, they are one thing to the caller.
    if (error instanceof YardError || error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) {
      throw new YardError("statement-malformed");
    }
    throw error;
  }
}

/** Whether the key of this SubjectPublicKeyInfo (DER) signed the statement. */
export async function verify(statement, spki) {
  if (hex((await sha256(spki)).subarray(0, 8)) !== statement.kid) return false;
  const [algorithm, how] = statement.alg === EDDSA
    ? [{ name: "Ed25519" }, { name: "Ed25519" }]
    : [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }];
  try {
    const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(how, key, statement.signature, statement.signed);
  } catch (error) {
    // The statement names an algorithm that is not its key's.
    if (error.name === "DataError") return false;
    throw error;
  }
}

/** What a payload is mainly about (`main_subject` of its kind): the act, else the single unit, else the party. */
export function mainSubject(payload) {
  const { kind } = payload;
  if (kind in SUBJECT) return payload[SUBJECT[kind]].id ?? payload[SUBJECT[kind]];
  const family = kind.split(".")[0];
  if (family in ACT) return payload[ACT[family]];
  if (family === "unit" && payload.units?.length === 1) return payload.units[0].id ?? payload.units[0];
  return payload.party;
}

/**
 * The units and acts that a payload extends: `[{subject, prev, pointer}]`, each state key with the event that the
 * payload names as its last, and where. Of authorities' own kinds, parties, sites and keys it knows nothing.
 */
export function subjectsOf(payload) {
  const { kind } = payload;
  const act = `act/${mainSubject(payload)}`;
  const found = BEGINS.has(kind) ? [{ subject: act, prev: null, pointer: `/${SUBJECT[kind] ?? ACT[kind.split(".")[0]]}` }] : [];
  if (kind === "consignment.redirected") found.push({ subject: `act/${payload.into}`, prev: null, pointer: "/into" });
  if ("prev" in payload) found.push({ subject: act, prev: payload.prev, pointer: "/prev" });
  for (const name of LINKS) {
    const links = Array.isArray(payload[name]) ? payload[name] : [payload[name]];
    links.forEach((link, n) => {
      if (typeof link?.id !== "string" || (link.prev === undefined && !NEW.includes(name))) return;
      found.push({ subject: `unit/${link.id}`, prev: link.prev ?? null, pointer: links === payload[name] ? `/${name}/${n}` : `/${name}` });
    });
  }
  payload.tags?.forEach((tag, n) => found.push({ subject: `unit/${tag}`, prev: null, pointer: `/tags/${n}` }));
  return found;
}

/**
 * The payload stated anew, under an id of its own: `heads[subject]` as the `prev` of each subject that it extends,
 * and `members` in place of its own. What a payload brings into being keeps its null.
 */
export function restated(payload, heads, members = {}) {
  const anew = { ...structuredClone(payload), id: newUuid7(), ...members };
  for (const { subject, pointer } of subjectsOf(payload)) {
    if (heads[subject] === undefined) continue;
    const steps = pointer.slice(1).split("/");
    const place = pointer === "/prev" ? anew : steps.reduce((part, step) => part[step], anew);
    if (place !== null && typeof place === "object") place.prev = heads[subject];
  }
  return anew;
}

/** The compact JSON of a payload; throws payload-malformed for what the ledger would not read back. */
export function format(payload) {
  check(payload);
  return JSON.stringify(payload);
}

function check(value, pointer = "", depth = DEPTH_MAX) {
  const field = { field: pointer };
  if (typeof value === "string") return insist(!UNPRINTABLE.test(value), "payload-malformed", field);
  if (typeof value === "number") {
    return insist(Number.isSafeInteger(value) && !Object.is(value, -0), "payload-malformed", field);
  }
  if (value === null || typeof value === "boolean") return undefined;
  insist(depth > 0 && typeof value === "object" && (Array.isArray(value) || isPlain(value)), "payload-malformed", field);
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value)) insist(!UNPRINTABLE.test(name), "payload-malformed", field);
    check(member, `${pointer}/${name}`, depth - 1);
  }
  return undefined;
}

const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype;

function opened(value, size) {
  insist(Array.isArray(value) && value.length === size, "statement-malformed");
  return value;
}

const signedBytes = (header, content) => encode(["Signature1", header, new Uint8Array(), content]);
