/** Bytes and their spellings. */

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of a text; half a surrogate pair becomes U+FFFD, so look for it before. */
export const utf8 = (text) => ENCODER.encode(text);

/** The text that these bytes spell; throws TypeError for invalid UTF-8. */
export const text = (bytes) => DECODER.decode(bytes);

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The inverse of `hex`; throws RangeError for another spelling. */
export function fromHex(digits) {
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new RangeError("not hex");
  return Uint8Array.from({ length: digits.length / 2 }, (_, n) => parseInt(digits.slice(2 * n, 2 * n + 2), 16));
}

/** Unpadded base64url (RFC 4648 §5). */
export function base64url(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The inverse of `base64url`; throws RangeError for any spelling that it would not produce. */
export function fromBase64url(spelt) {
  if (!/^[A-Za-z0-9_-]*$/.test(spelt) || spelt.length % 4 === 1) throw new RangeError("not base64url");
  const binary = atob(spelt.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  if (base64url(bytes) !== spelt) throw new RangeError("not canonical base64url");
  return bytes;
}

const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode. */
export function base45(bytes) {
  let spelt = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    const value = isPair ? 256 * bytes[at] + bytes[at + 1] : bytes[at];
    spelt += BASE45[value % 45] + BASE45[Math.floor(value / 45) % 45];
    if (isPair) spelt += BASE45[Math.floor(value / 2025)];
  }
  return spelt;
}

/** The inverse of `base45`; throws RangeError for any spelling that it would not produce. */
export function fromBase45(spelt) {
  const bytes = [];
  for (let at = 0; at < spelt.length; at += 3) {
    const digits = Array.from(spelt.slice(at, at + 3), (char) => BASE45.indexOf(char));
    const value = digits.reduceRight((sum, digit) => 45 * sum + digit, 0);
    const fits = digits.length === 3 ? value < 65536 : digits.length === 2 && value < 256;
    if (!fits || digits.includes(-1)) throw new RangeError("not base45");
    bytes.push(...(digits.length === 3 ? [value >> 8, value & 0xff] : [value]));
  }
  return Uint8Array.from(bytes);
}

/** Lower-case base32 without padding (RFC 4648 §6): the spelling of opaque ids. */
export function base32(bytes) {
  let bits = 0, held = 0, spelt = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) {
      spelt += "abcdefghijklmnopqrstuvwxyz234567"[(held >> (bits - 5)) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits ? spelt + "abcdefghijklmnopqrstuvwxyz234567"[(held << (5 - bits)) & 31] : spelt;
}

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export const random = (size) => crypto.getRandomValues(new Uint8Array(size));

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
