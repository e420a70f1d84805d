/**
 * Codes in front of the camera. The browser's own BarcodeDetector reads them where there is one; elsewhere, as on
 * iPhones, the vendored jsQR (Apache-2.0), which is fetched only then and knows QR codes alone.
 */

import { YardError, insist } from "./errors.js";
import { isFrame } from "./handover.js";
import { unitOf } from "./unit_id.js";

export const FORMATS = ["qr_code", "data_matrix", "code_128"];
const QR = "qr_code";
const LOOKS_PER_S = 12;
const PICTURE_PX_MAX = 800; // a frame of a hand-over has 85 modules: 4 pixels each where it fills half of the picture
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

/** The formats that are read here; none without a camera to ask for. */
export async function scannable() {
  if (!navigator.mediaDevices) return [];
  const own = await globalThis.BarcodeDetector?.getSupportedFormats() ?? [];
  const formats = FORMATS.filter((format) => own.includes(format));
  return formats.includes(QR) ? formats : [QR];
}

/**
 * Show the rear camera in `video` and call `onText(text, format)` for each code as it comes into view, until `signal`
 * is aborted. Throws no-camera; then the text is typed.
 */
export async function scan(video, onText, { signal }) {
  insist(navigator.mediaDevices, "no-camera");
  const detector = await newDetector();
  const stream = await camera();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop, { once: true });
  video.srcObject = stream;
  video.muted = video.playsInline = true;
  await video.play();
  return look(video, detector, onText, signal);
}

async function newDetector() {
  const own = await globalThis.BarcodeDetector?.getSupportedFormats() ?? [];
  if (own.includes(QR)) return new globalThis.BarcodeDetector({ formats: await scannable() });
  await import("./vendor/jsqr.js");
  return new PictureReader(globalThis.jsQR);
}

/** Reads a video's picture of now, as BarcodeDetector does, on a canvas of its own. */
class PictureReader {
  #read;
  #context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  constructor(read) {
    this.#read = read;
  }

  async detect(video) {
    const scale = Math.min(1, PICTURE_PX_MAX / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [video.videoWidth, video.videoHeight].map((size) => Math.round(size * scale));
    if (width === 0) return [];
    Object.assign(this.#context.canvas, { width, height });
    this.#context.drawImage(video, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    const code = this.#read(data, width, height, { inversionAttempts: "dontInvert" });
    return code?.data ? [{ rawValue: code.data, format: QR }] : [];
  }
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
