/**
 * Statements on their way to another device without a connection (`docs/formats.md`, Hand-over): a file, which is the
 * CBOR sequence that `POST /v1/events` takes, and the same file as QR codes that are shown one after another.
 */

import { base45, concat, equal, fromBase45, hex, sha256 } from "./bytes.js";
import { decodeFirst } from "./cbor.js";
import { YardError, insist } from "./errors.js";
import { parse, subjectsOf } from "./statement.js";

export const MEDIA_TYPE = "application/cbor-seq";
export const STATEMENTS_MAX = 256;
export const FILE_BYTES_MAX = 256 * 1024;
export const FRAME_BYTES = 384;
/** How frames are drawn: `drawQr(canvas, frame, FRAME_SYMBOL)`, each for 200 ms. */
export const FRAME_SYMBOL = { version: 15, level: "M" };
export const FRAMES_PER_S = 5;

const FRAME = /^BIT1:([1-9]\d{0,2})\/([1-9]\d{0,2}):([0-9A-F]{8}):([0-9A-Z $%*+\-.\/:]+)$/;

/** The statements as one file, parents first as they are handed in. Throws handover-too-large. */
export function pack(statements) {
  const file = concat(...statements.map(({ raw }) => raw));
  insist(statements.length > 0, "handover-malformed");
  insist(statements.length <= STATEMENTS_MAX && file.length <= FILE_BYTES_MAX, "handover-too-large");
  return file;
}

/** The statements as files, as few as it takes. */
export function packAll(statements) {
  const parts = [];
  let room = 0;
  for (const statement of statements) {
    if (room < statement.raw.length || parts.at(-1).length === STATEMENTS_MAX) {
      parts.push([]);
      room = FILE_BYTES_MAX;
    }
    parts.at(-1).push(statement);
    room -= statement.raw.length;
  }
  return parts.map(pack);
}

/** The statements of a file, all or none: throws handover-malformed. Whether they are genuine is not said here. */
export async function unpack(file) {
  insist(file.length <= FILE_BYTES_MAX, "handover-too-large");
  const statements = [];
  const events = new Set();
  try {
    for (let at = 0; at < file.length;) {
      const [, end] = decodeFirst(file, at + 1);
      statements.push(await parse(file.slice(at, end)));
      insist(statements.length <= STATEMENTS_MAX, "handover-too-large");
      at = end;
    }
  } catch (error) {
    if (error.code === "statement-malformed" || error instanceof RangeError) throw new YardError("handover-malformed");
    throw error;
  }
  const all = new Set(statements.map(({ event }) => event));
  insist(statements.length > 0 && all.size === statements.length, "handover-malformed");
  for (const { event, payload } of statements) {
    const parents = subjectsOf(payload).map(({ prev }) => prev);
    insist(parents.every((parent) => !all.has(parent) || events.has(parent)), "handover-malformed");
    events.add(event);
  }
  return statements;
}

/** The texts of the frames of a file. */
export async function framesOf(file) {
  const digest = await digestOf(file);
  const total = Math.ceil(file.length / FRAME_BYTES);
  return Array.from({ length: total }, (_, n) => {
    const data = file.subarray(n * FRAME_BYTES, (n + 1) * FRAME_BYTES);
    return `BIT1:${n + 1}/${total}:${digest}:${base45(data)}`;
  });
}

export const isFrame = (text) => FRAME.test(text);

/** Puts frames together as they are seen, in any order and over and over. */
export class Collector {
  #parts = new Map();
  #of = null;

  /** Take a frame in; `{have, total, whole}`. Throws handover-malformed for what belongs to no or another hand-over. */
  add(frame) {
    const match = FRAME.exec(frame);
    insist(match, "handover-malformed");
    const [number, total, data] = [Number(match[1]), Number(match[2]), partOf(match[4])];
    const of = `${total}:${match[3]}`;
    insist(number <= total && total * FRAME_BYTES < FILE_BYTES_MAX + FRAME_BYTES, "handover-malformed");
    insist(number < total ? data.length === FRAME_BYTES : data.length <= FRAME_BYTES, "handover-malformed");
    insist(this.#of === null || this.#of === of, "handover-other");
    const seen = this.#parts.get(number);
    insist(seen === undefined || equal(seen, data), "handover-malformed");
    this.#of = of;
    this.#parts.set(number, data);
    return { have: this.#parts.size, total, whole: this.#parts.size === total };
  }

  /** The file, once whole. Throws handover-not-whole, and handover-malformed when the digest is another. */
  async file() {
    const [total, digest] = this.#of?.split(":") ?? [];
    insist(this.#parts.size === Number(total), "handover-not-whole", { have: this.#parts.size });
    const file = concat(...Array.from({ length: this.#parts.size }, (_, n) => this.#parts.get(n + 1)));
    insist((await digestOf(file)) === digest, "handover-malformed");
    return file;
  }

  /** Which frames have not been seen. */
  missing() {
    const total = Number(this.#of?.split(":")[0] ?? 0);
    return Array.from({ length: total }, (_, n) => n + 1).filter((number) => !this.#parts.has(number));
  }
}

/** Hand a file to the phone's own sharing; false where it has none, or the person thought better of it. */
export async function share(file, name) {
  for (const type of [MEDIA_TYPE, "application/octet-stream"]) {
    const files = [new File([file], name, { type })];
    if (!navigator.canShare?.({ files })) continue;
    try {
      await navigator.share({ files });
      return true;
    } catch (error) {
      if (["AbortError", "NotAllowedError", "DataError"].includes(error.name)) return false;
      throw error;
    }
  }
  return false;
}

/** The name of a share file, which sorts by time: `bitacora-20260301-170509.bitacora`. */
export function fileName(milliseconds = Date.now()) {
  const [day, time] = new Date(milliseconds).toISOString().replaceAll(/[-:]|\..*/g, "").split("T");
  return `bitacora-${day}-${time}.bitacora`;
}

function partOf(spelt) {
  try {
    return fromBase45(spelt);
  } catch (error) {
    if (error instanceof RangeError) throw new YardError("handover-malformed");
    throw error;
  }
}

const digestOf = async (file) => hex((await sha256(file)).subarray(0, 4)).toUpperCase();
