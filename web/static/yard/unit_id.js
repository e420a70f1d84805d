/**
 * What was scanned or typed, as the one spelling under which the ledger knows a unit (`ledger/domain/unit_id.py`,
 * `docs/formats.md` Unit ids).
 */

import { YardError, insist } from "./errors.js";

const GS1_DOMAIN = "id.gs1.org";
const OPERATOR_DOMAIN = "id.bitacora.mx";
const LINK_CHARS_MAX = 2048;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TOKEN = new RegExp(`^[${ALPHABET}]{26}$`);

const PATH = String.raw`(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*`;
const QUERY = String.raw`(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})*`;
const LINK = new RegExp(
  String.raw`^(?:https?|HTTPS?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(/${PATH})(?:\?(${QUERY}))?(?:#${QUERY})?$`,
);
const PRIMARY_KEY = /^(?:0[01]|25[35]|40[12]|41[47]|80(?:0[346]|1[0378]))$/;
const QUALIFIERS = { "01": ["22", "10", "21"], "8004": ["7040"] };
const IDENTITY_KEYS = { "01": ["01", "22", "10", "21", "235"], "8004": ["8004", "7040"] };
const CSET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/;
const GROUP_SEPARATOR = "\u001d";
// AIM symbology identifiers of GS1 DataMatrix, GS1-128 and GS1 QR Code, which some readers put in front.
const SYMBOLOGY = /^\](?:d2|C1|Q3)/;

/**
 * The canonical id of the unit that a text names: a GS1 Digital Link of any host, an element string in brackets
 * `(01)…(21)…` or as a symbol holds it, or an operator's id, however it was typed. Throws code-malformed.
 */
export function unitOf(scanned) {
  const typed = scanned.trim();
  insist(typed.length > 0 && typed.length <= LINK_CHARS_MAX, "code-malformed");
  const token = tokenOf(typed);
  if (token) return operatorId(token);
  if (/^https?:/i.test(typed)) return ofLink(typed);
  return ofElements(elementsOf(typed.replace(SYMBOLOGY, "")));
}

/** Whether the token's check character is right: the token is a polynomial over GF(32) that is zero at x. */
export function isToken(token) {
  return TOKEN.test(token) && Array.from(token).reduce((sum, char) => timesX(sum) ^ ALPHABET.indexOf(char), 0) === 0;
}

function tokenOf(typed) {
  const bare = typed.replace(/^(?:https?:\/\/)?id\.bitacora\.mx\/u\//i, "").replace(/[\s-]+/g, "").toLowerCase();
  // Who types a plate reads 0 as o and 1 as l: the alphabet has neither.
  const token = bare.replaceAll("o", "0").replace(/[il]/g, "1");
  return TOKEN.test(token) ? token : null;
}

function operatorId(token) {
  insist(isToken(token), "code-malformed", { reason: "check-character" });
  return `https://${OPERATOR_DOMAIN}/u/${token}`;
}

function ofLink(link) {
  const match = LINK.exec(link);
  insist(match, "code-malformed");
  const [, host, path, query = ""] = match;
  const segments = path.replace(/\/$/, "").split("/").slice(1);
  insist(host.toLowerCase() !== OPERATOR_DOMAIN || segments[0]?.toLowerCase() !== "u", "code-malformed");
  for (let start = segments.length - 2; start >= 0; start -= 2) {
    if (!PRIMARY_KEY.test(segments[start])) continue;
    const pairs = [];
    for (let at = start; at < segments.length; at += 2) pairs.push([segments[at], unquote(segments[at + 1])]);
    const names = query.split("&").map((part) => unquote(part.split("=")[0]));
    insist(!names.some((name) => IDENTITY_KEYS[pairs[0][0]]?.includes(name)), "code-malformed");
    return ofPairs(pairs);
  }
  throw new YardError("code-malformed");
}

function ofPairs([[key, value], ...qualifiers]) {
  insist(key in QUALIFIERS, "code-malformed", { reason: "not-a-unit" });
  const names = qualifiers.map(([name]) => name);
  insist(names.join() === QUALIFIERS[key].filter((name) => names.includes(name)).join(), "code-malformed");
  return ofElements(new Map([[key, key === "01" ? padded(value) : value], ...qualifiers]));
}

/** Element strings: `(01)07501234567893(21)P000001`, or the same without brackets as a symbol holds it. */
function elementsOf(typed) {
  const elements = new Map();
  if (typed.startsWith("(")) {
    for (const [, key, value] of typed.matchAll(/\((\d{2,4})\)([^(]*)/g)) elements.set(key, value.trim());
    insist(elements.size > 0, "code-malformed");
    return elements;
  }
  for (let rest = typed.replace(new RegExp(`^${GROUP_SEPARATOR}`), ""); rest;) {
    const [key, value, after] = firstElement(rest);
    insist(!elements.has(key), "code-malformed");
    elements.set(key, value);
    rest = after;
  }
  return elements;
}

function firstElement(rest) {
  if (/^01\d{14}/.test(rest)) return ["01", rest.slice(2, 16), rest.slice(16)];
  const key = ["8004", "7040", "21", "10", "22"].find((known) => rest.startsWith(known));
  insist(key, "code-malformed");
  const end = rest.indexOf(GROUP_SEPARATOR);
  const value = rest.slice(key.length, end < 0 ? undefined : end);
  return [key, value, end < 0 ? "" : rest.slice(end + 1)];
}

function ofElements(elements) {
  for (const [key, value] of elements) insistValue(value, key === "8004" ? 30 : 20);
  if (elements.has("8004")) {
    insist(/^\d{4}/.test(elements.get("8004")), "code-malformed");
    return `https://${GS1_DOMAIN}/8004/${quote(elements.get("8004"))}`;
  }
  const gtin = elements.get("01") ?? "";
  insist(/^\d{14}$/.test(gtin), "code-malformed");
  insist(checkDigit(gtin.slice(0, -1)) === gtin.at(-1), "code-malformed", { reason: "check-digit" });
  for (const key of ["21", "10"]) {
    if (elements.has(key)) return `https://${GS1_DOMAIN}/01/${gtin}/${key}/${quote(elements.get(key))}`;
  }
  throw new YardError("code-malformed", { reason: "product-without-serial" });
}

function insistValue(value, charsMax) {
  insist(value.length >= 1 && value.length <= charsMax && CSET_82.test(value), "code-malformed");
  insist(value !== "." && value !== "..", "code-malformed");
}

function padded(digits) {
  insist(/^(?:\d{8}|\d{12,14})$/.test(digits), "code-malformed");
  return digits.padStart(14, "0");
}

function checkDigit(body) {
  const sum = Array.from(body).reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 1 : 3), 0);
  return String((10 - (sum % 10)) % 10);
}

/** Every character percent-encoded that RFC 3986 §2.3 does not call unreserved. */
const quote = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function unquote(segment) {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw new YardError("code-malformed");
    throw error;
  }
}

const timesX = (element) => {
  const doubled = element << 1;
  return doubled & 0b100000 ? doubled ^ 0b100101 : doubled;
};
