// A code from the camera or typed in: the same box on every page.
import { scan, scannable } from "../scan.js";
import { on, say, show, tell } from "./ui.js";

/** `found(text)` gets each code; the camera goes on until `found` answers true, or its button is pressed again. */
export function finder(box, found) {
  const video = box.querySelector("video"), input = box.querySelector("input"), button = box.querySelector("[data-scan]");
  let running = null;
  const stop = () => {
    running?.abort();
    running = null;
    show(video, false);
    button.textContent = say("scan.start");
  };
  const taken = async (text) => {
    tell(null);
    try {
      if (await found(text)) stop();
    } catch (error) {
      tell(error);
    }
  };
  on(button, "click", async () => {
    if (running) return stop();
    running = new AbortController();
    show(video);
    button.textContent = say("scan.stop");
    scan(video, taken, { signal: running.signal }).catch((error) => { stop(); tell(error); });
  });
  const typed = box.querySelector("[data-find]");
  on(typed, "click", async () => {
    const text = input.value.trim();
    if (!text) return;
    await found(text);
    input.value = "";
    input.focus();
  });
  // A box may stand within a form, which this key would send.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    typed.click();
  });
  scannable().then((formats) => show(button.parentElement, formats.length > 0));
}
