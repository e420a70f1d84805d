/**
 * Receipts: the log's signature over a root, and the way from one entry to it (RFC 9942 §5.2 over the tree of
 * RFC 9162 §2.1; `docs/formats.md`, Receipt). Checked on the phone, against the key that it holds of the log.
 */

import { concat, equal, fromBase64url, hex, sha256 } from "./bytes.js";
import { decode, encode } from "./cbor.js";
import { YardError, insist } from "./errors.js";

const TAG_18 = 0xd2;
const ALG = 1, KID = 4, CLAIMS = 15, SUBJECT = 2, DATA_STRUCTURE = 395, DATA_PROOFS = 396, INCLUSION = -1;
const EDDSA = -8, RFC9162_SHA256 = 1, HASH_BYTES = 32, PATH_MAX = 64;

/**
 * Accept `receipt` as proof that the log has these bytes as an entry. `trust` is of the trust file: `origin`, and
 * `receipt_key` (Ed25519, base64url). Throws receipt-invalid.
 */
export async function verifyReceipt(receipt, raw, trust) {
  try {
    const [header, proofs, payload, signature] = decode(receipt.subarray(1));
    insist(receipt[0] === TAG_18 && payload === null, "receipt-invalid");
    const spki = fromBase64url(trust.receipt_key);
    await insistHeader(decode(header), spki, trust.origin);
    insist(proofs.size === 1 && proofs.get(DATA_PROOFS).get(INCLUSION).length === 1, "receipt-invalid");
    const root = await rootOf(decode(proofs.get(DATA_PROOFS).get(INCLUSION)[0]), raw);
    const key = await crypto.subtle.importKey("spki", spki, { name: "Ed25519" }, false, ["verify"]);
    const signed = encode(["Signature1", header, new Uint8Array(), root]);
    insist(await crypto.subtle.verify({ name: "Ed25519" }, key, signature, signed), "receipt-invalid");
  } catch (error) {
    // Whatever shape hostile bytes have, they are one thing to the caller.
    if (error instanceof RangeError || error instanceof TypeError) throw new YardError("receipt-invalid");
    throw error;
  }
}

async function insistHeader(header, spki, origin) {
  const kid = (await sha256(spki)).subarray(0, 8);
  insist([...header.keys()].join() === [ALG, KID, CLAIMS, DATA_STRUCTURE].join(), "receipt-invalid");
  insist(header.get(ALG) === EDDSA && equal(header.get(KID), kid), "receipt-invalid", { kid: hex(header.get(KID)) });
  insist(header.get(DATA_STRUCTURE) === RFC9162_SHA256, "receipt-invalid");
  insist(header.get(CLAIMS).get(SUBJECT) === origin, "receipt-invalid");
}

/** The root that a proof leads to from an entry (RFC 9162 §2.1.3.2). */
async function rootOf([size, index, path], raw) {
  insist(index >= 0 && index < size && path.length <= PATH_MAX, "receipt-invalid");
  insist(path.every((hash) => hash.length === HASH_BYTES), "receipt-invalid");
  let node = await sha256(concat(Uint8Array.of(0), raw));
  let at = index, last = size - 1;
  for (const sibling of path) {
    insist(last > 0, "receipt-invalid");
    const isRight = at % 2 === 1 || at === last;
    node = await sha256(isRight ? concat(Uint8Array.of(1), sibling, node) : concat(Uint8Array.of(1), node, sibling));
    // A last node without a sibling rises as it is.
    while (isRight && at % 2 === 0 && at > 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  insist(last === 0, "receipt-invalid");
  return node;
}
