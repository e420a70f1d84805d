/**
 * Deterministic CBOR (RFC 8949 §4.2.1), the part of it that statements and hand-over files use: null, booleans,
 * integers within ±(2^53 − 1), texts, bytes, arrays, and maps with integer, text or byte keys. The same format as
 * `ledger/cbor.py`: one value has one spelling, and no other is read. In `encode` a plain object is a map of texts.
 */

import { concat, equal, text, utf8 } from "./bytes.js";

const DEPTH_MAX = 32;
const UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5;
const FALSE = 0xf4, TRUE = 0xf5, NULL = 0xf6;
const HALF_PAIR = /\p{Surrogate}/u;

/** The one spelling of `value`; throws RangeError for what the format does not have. */
export function encode(value, depth = DEPTH_MAX) {
  if (value === null) return Uint8Array.of(NULL);
  if (value === false) return Uint8Array.of(FALSE);
  if (value === true) return Uint8Array.of(TRUE);
  if (typeof value === "string") return spellText(value);
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return value >= 0 ? head(UNSIGNED, value) : head(NEGATIVE, -1 - value);
  }
  if (value instanceof Uint8Array) return concat(head(BYTES, value.length), value);
  if (depth > 0 && Array.isArray(value)) {
    return concat(head(ARRAY, value.length), ...value.map((item) => encode(item, depth - 1)));
  }
  if (depth > 0 && value instanceof Map) return spellMap([...value], depth - 1);
  if (depth > 0 && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return spellMap(Object.entries(value), depth - 1);
  }
  throw new RangeError("no such value in this format, or not this deep");
}

/** The one value that `bytes` spells, maps as Map; throws RangeError for any other spelling of any value. */
export function decode(bytes) {
  const [value, end] = decodeFirst(bytes, 0);
  if (end !== bytes.length) throw new RangeError("bytes follow the value");
  return value;
}

/** The value that begins at `from`, and where it ends. */
export function decodeFirst(bytes, from) {
  const reader = new Reader(bytes, from);
  const value = reader.value(DEPTH_MAX);
  if (!equal(encode(value), bytes.subarray(from, reader.at))) throw new RangeError("not deterministic CBOR");
  return [value, reader.at];
}

/** The head of an item: major type and argument in the shortest form. */
export function head(major, argument) {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 0x100) return Uint8Array.of(type | 24, argument);
  if (argument < 0x10000) return Uint8Array.of(type | 25, argument >> 8, argument & 0xff);
  const bytes = new Uint8Array(argument < 0x100000000 ? 5 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = type | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) view.setUint32(1, argument);
  else view.setBigUint64(1, BigInt(argument));
  return bytes;
}

function spellText(value) {
  if (HALF_PAIR.test(value)) throw new RangeError("half a character");
  const bytes = utf8(value);
  return concat(head(TEXT, bytes.length), bytes);
}

function spellMap(entries, depth) {
  const spelt = entries.map(([key, member]) => [spellKey(key), encode(member, depth)]);
  spelt.sort(([one], [other]) => inByteOrder(one, other));
  if (spelt.some(([key], n) => n > 0 && equal(key, spelt[n - 1][0]))) throw new RangeError("a key twice");
  return concat(head(MAP, spelt.length), ...spelt.flat());
}

function spellKey(key) {
  if (typeof key !== "string" && typeof key !== "number" && !(key instanceof Uint8Array)) {
    throw new RangeError("no such key in this format");
  }
  return encode(key, 0);
}

function inByteOrder(one, other) {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}

/** Reads any definite-length spelling; whether it was the only one, `decodeFirst` proves by writing it again. */
class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  value(depth) {
    const first = this.bytes[this.at];
    if (first === NULL || first === FALSE || first === TRUE) {
      this.at += 1;
      return first === NULL ? null : first === TRUE;
    }
    const [major, argument] = this.head();
    switch (major) {
      case UNSIGNED: return argument;
      case NEGATIVE: return -1 - argument;
      case BYTES: return this.take(argument).slice();
      case TEXT: return this.text(argument);
      case ARRAY: return this.array(argument, depth);
      case MAP: return this.map(argument, depth);
      default: throw new RangeError("a tag, a float or a simple value");
    }
  }

  head() {
    const first = this.take(1)[0];
    const size = first & 31;
    if (size < 24) return [first >> 5, size];
    if (size > 27) throw new RangeError("an indefinite length");
    const width = 1 << (size - 24);
    this.take(width);
    const start = this.at - width;
    const argument = width === 1 ? this.view.getUint8(start)
      : width === 2 ? this.view.getUint16(start)
      : width === 4 ? this.view.getUint32(start) : Number(this.view.getBigUint64(start));
    const major = first >> 5;
    if (!Number.isSafeInteger(major === NEGATIVE ? -1 - argument : argument)) throw new RangeError("too large");
    return [major, argument];
  }

  take(size) {
    if (this.at + size > this.bytes.length) throw new RangeError("the bytes end early");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  text(size) {
    try {
      return text(this.take(size));
    } catch (error) {
      if (error instanceof TypeError) throw new RangeError("invalid UTF-8");
      throw error;
    }
  }

  array(size, depth) {
    this.fits(size, depth);
    return Array.from({ length: size }, () => this.value(depth - 1));
  }

  map(size, depth) {
    this.fits(2 * size, depth);
    // Keys that are bytes would each be a key of its own: the spelling written again refuses what stands twice.
    return new Map(Array.from({ length: size }, () => [this.value(0), this.value(depth - 1)]));
  }

  fits(items, depth) {
    // A short input that announces much must not make room for it.
    if (depth === 0 || items > this.bytes.length - this.at) throw new RangeError("too deep, or the bytes end early");
  }
}
