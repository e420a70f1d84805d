/** Codes in front of the camera, read by the browser's own BarcodeDetector where it has one. */

import { YardError, insist } from "./errors.js";
import { isFrame } from "./handover.js";
import { unitOf } from "./unit_id.js";

export const FORMATS = ["qr_code", "data_matrix", "code_128"];
const LOOKS_PER_S = 12;
const OPAQUE = { con: "consignment", pty: "party", sit: "site", aut: "authorisation" };

/** What a scanned or typed text is: `{what, value}`, `unknown` if nothing here knows it. */
export function read(scanned) {
  const text = scanned.trim();
  if (isFrame(text)) return { what: "frame", value: text };
  if (/^\{"format":"bitacora-enrolment\/1"/.test(text)) return { what: "enrolment", value: text };
  const opaque = /(?:^|\/)(con|pty|sit|aut)_[a-z2-7]{25}[aeimquy4]$/.exec(text);
  if (opaque) return { what: OPAQUE[opaque[1]], value: text.slice(opaque.index).replace("/", "") };
  try {
    return { what: "unit", value: unitOf(text) };
  } catch (error) {
    if (error.code !== "code-malformed") throw error;
    return { what: "unknown", value: text, ...error.facts };
  }
}

/** The formats that this browser reads; none where it has no BarcodeDetector. */
export async function scannable() {
  if (!("BarcodeDetector" in globalThis) || !navigator.mediaDevices) return [];
  const supported = await globalThis.BarcodeDetector.getSupportedFormats();
  return FORMATS.filter((format) => supported.includes(format));
}

/**
 * Show the rear camera in `video` and call `onText(text, format)` for each code as it comes into view, until `signal`
 * is aborted. Throws no-detector and no-camera; then the text is typed.
 */
export async function scan(video, onText, { signal }) {
  const formats = await scannable();
  insist(formats.length > 0, "no-detector");
  const stream = await camera();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop, { once: true });
  video.srcObject = stream;
  video.muted = video.playsInline = true;
  await video.play();
  return look(video, new globalThis.BarcodeDetector({ formats }), onText, signal);
}

async function look(video, detector, onText, signal) {
  let inView = new Set();
  while (!signal.aborted) {
    const codes = await detector.detect(video).catch((error) => {
      // Between two pictures, and while the camera starts, there is nothing to look at.
      if (error.name === "InvalidStateError") return [];
      throw error;
    });
    const seen = new Map(codes.map(({ rawValue, format }) => [rawValue, format]));
    for (const [text, format] of seen) if (!inView.has(text) && !signal.aborted) onText(text, format);
    inView = new Set(seen.keys());
    await new Promise((resolve) => setTimeout(resolve, 1000 / LOOKS_PER_S));
  }
}

async function camera() {
  const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    throw new YardError("no-camera", { reason: error.name });
  }
}
