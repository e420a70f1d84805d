/**
 * The server, over its API. Reads of what is not public go with a bearer token, asked for with the same key that signs
 * statements (OAuth 2.0 client credentials with private_key_jwt, RFC 7523); tokens are never stored.
 */

import { base64url, concat, hex, random, sha256, utf8 } from "./bytes.js";
import { YardError } from "./errors.js";

const TIMEOUT_MS = 30_000;
const HEADS_MAX = 1000; // api/limits.py
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_TTL_S = 60;
const SPARE_MS = 30_000;
const RETRY_AFTER_S = 5;

export class Ledger {
  #tokens = new Map();

  /**
   * `audience` is the base URL by which the server knows itself; it may differ from the address that it answers at.
   * `trust`, `{origin, receipt_key}` of the trust file, is what receipts are checked against; without it they are kept
   * as they come.
   */
  constructor({ address = location.origin, audience = address, trust = null } = {}) {
    this.address = address;
    this.audience = audience;
    this.trust = trust;
  }

  /** JSON at a path. With a session, under its token. Throws offline, unavailable, refused. */
  async get(path, session = null) {
    return json(await this.#asked(path, { method: "GET" }, session));
  }

  /** The JSON answer to JSON; null where there is none (204). */
  async post(path, members, session = null) {
    const headers = { "content-type": "application/json" };
    return json(await this.#asked(path, { method: "POST", body: JSON.stringify(members), headers }, session));
  }

  /** Put JSON at a path; what is answered is not read. */
  async put(path, members, session) {
    const headers = { "content-type": "application/json" };
    await this.#asked(path, { method: "PUT", body: JSON.stringify(members), headers }, session);
  }

  /** The bytes at a path, such as a printed paper or an evidence file; null while they are not there yet (202). */
  async bytes(path, session = null) {
    const answered = await this.#asked(path, { method: "GET" }, session);
    return answered.status === 202 ? null : new Uint8Array(await answered.arrayBuffer());
  }

  /** The newest event of each subject, `{head, head_at}` or null: the `prev` of the next. */
  async heads(subjects, session) {
    const found = {};
    for (let at = 0; at < subjects.length; at += HEADS_MAX) {
      const { heads } = await this.post("/v1/heads", { subjects: subjects.slice(at, at + HEADS_MAX) }, session);
      Object.assign(found, heads);
    }
    return found;
  }

  /** Record statements, in order; one result each, with its own `status`. */
  async submit(raws) {
    const headers = { "content-type": "application/cbor-seq" };
    const answered = await this.#asked("/v1/events", { method: "POST", body: concat(...raws), headers }, null);
    const { results } = await json(answered);
    if (results?.length !== raws.length) throw foreign(answered);
    return results;
  }

  /** What recording a statement would answer now, signed or not yet; nothing is recorded. */
  async check(raw, session) {
    const headers = { "content-type": "application/cose" };
    return json(await this.#asked("/v1/check", { method: "POST", body: raw, headers }, session));
  }

  /** The COSE receipt of an event, or null while no checkpoint covers it. */
  async receipt(event) {
    const headers = { accept: "application/scitt-receipt+cose" };
    const answered = await this.#asked(`/v1/events/${event}/receipt`, { method: "GET", headers }, null);
    return answered.status === 202 ? null : new Uint8Array(await answered.arrayBuffer());
  }

  /** Deposit a photo or paper; the members under which a statement cites it, but for its `role`. */
  async deposit(bytes, mediaType, session) {
    const digest = hex(await sha256(bytes));
    const headers = { "content-type": mediaType };
    await this.#asked(`/v1/blobs/${digest}`, { method: "PUT", body: bytes, headers }, session);
    return { digest, bytes: bytes.length, media_type: mediaType };
  }

  async #asked(path, request, session) {
    if (session === null) return this.#fetched(path, request);
    try {
      return await this.#fetched(path, await this.#bearing(request, session));
    } catch (error) {
      if (error.code !== "refused" || error.facts.status !== 401) throw error;
      // The server was started anew, or the key changed: one fresh token decides.
      this.#tokens.delete(session.kid);
      return this.#fetched(path, await this.#bearing(request, session));
    }
  }

  async #bearing(request, session) {
    const kept = this.#tokens.get(session.kid);
    const token = kept && kept.until > Date.now() ? kept : await this.#newToken(session);
    return { ...request, headers: { ...request.headers, authorization: `Bearer ${token.text}` } };
  }

  async #newToken(session) {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await assertion(session, this.audience),
    });
    const answered = await this.#fetched("/oauth/token", { method: "POST", body });
    const { access_token: text, expires_in } = await json(answered);
    const token = { text, until: Date.now() + 1000 * expires_in - SPARE_MS };
    this.#tokens.set(session.kid, token);
    return token;
  }

  async #fetched(path, request) {
    const answered = await fetch(this.address + path, {
      ...request, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error) => {
      throw new YardError("offline", { reason: error.name });
    });
    if (answered.ok) return answered;
    throw await failure(answered);
  }
}

/** A client's JWT: who asks, of whom, good for a minute and once. */
async function assertion(session, audience) {
  const header = { alg: "Ed25519", typ: "JWT", kid: session.kid };
  const exp = Math.floor(Date.now() / 1000) + ASSERTION_TTL_S;
  const claims = { iss: session.party, sub: session.party, aud: audience, exp, jti: hex(random(16)) };
  const signed = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  return `${signed}.${base64url(await session.sign(utf8(signed)))}`;
}

async function failure(answered) {
  const isProblem = answered.headers.get("content-type")?.startsWith("application/problem+json");
  if (!isProblem || answered.status === 429 || answered.status >= 500) return foreign(answered);
  return new YardError("refused", problemOf(await json(answered)));
}

async function json(answered) {
  if (answered.status === 204) return null;
  try {
    return await answered.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw foreign(answered);
    throw new YardError("offline", { reason: error.name });
  }
}

/** Not the ledger's verdict: it is busy, or what answers is a proxy or the login page of a network. */
function foreign(answered) {
  const retry_after_s = Number(answered.headers.get("retry-after")) || RETRY_AFTER_S;
  return new YardError("unavailable", { retry_after_s, status: answered.status });
}

/** The members of a problem document, and its permanent code as `problem`. */
export function problemOf(members) {
  return { ...members, problem: members.type?.split("/").at(-1) ?? `http-${members.status}` };
}
