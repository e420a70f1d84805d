/** QR codes drawn on the phone, without signal. The symbol is made by the vendored qrcode-generator (MIT). */

import qrcode from "./vendor/qrcode.js";

const QUIET_MODULES = 4; // ISO/IEC 18004 §5.3.8
const MODULE_PX = 4;

/**
 * Draw the symbol of an ASCII text, as small as it can be or in the `version` given; what is upper case, digits and
 * ` $%*+-./:` takes less room.
 */
export function drawQr(canvas, text, { version = 0, level = "M", module_px = MODULE_PX } = {}) {
  const code = qrcode(version, level);
  code.addData(text, /^[0-9A-Z $%*+\-./:]*$/.test(text) ? "Alphanumeric" : "Byte");
  code.make();
  const modules = code.getModuleCount();
  canvas.width = canvas.height = (modules + 2 * QUIET_MODULES) * module_px;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (!code.isDark(row, column)) continue;
      context.fillRect((column + QUIET_MODULES) * module_px, (row + QUIET_MODULES) * module_px, module_px, module_px);
    }
  }
}

/** Show frames one after another, over and over, until the signal is aborted. */
export function animate(canvas, frames, { fps = 5, signal, ...drawing }) {
  let at = 0;
  const show = () => drawQr(canvas, frames[at++ % frames.length], drawing);
  show();
  const timer = setInterval(show, 1000 / fps);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
