// Without signal: the giver's unsent statements come from its screen or in a file, and what they offer is received.
import { Collector, isFrame, unpack } from "../handover.js";
import { signatureOf } from "../known.js";
import { insist } from "../errors.js";
import { $, el, fill, link, nameOf, on, outbox, say, show } from "./ui.js";
import { session } from "../people.js";
import { finder } from "./finder.js";
import { readLoad } from "./loads.js";

export async function handoverWay() {
  show($("handover"));
  $("handover-title").focus();
  let collector = new Collector();
  finder($("find-frame"), async (text) => {
    insist(isFrame(text.trim()), "code-malformed");
    const { have, total, whole } = tryAdd(text.trim());
    show($("frames"));
    Object.assign($("frames"), { value: have, max: total });
    $("frames-told").textContent = say("frames.seen", { have, total });
    if (!whole) return false;
    const file = await collector.file();
    collector = new Collector();
    await take(file);
    return true;
  });
  on($("file"), "change", async () => {
    const [file] = $("file").files;
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    $("file").value = ""; // the same file once more is a change too
    await take(bytes);
  });

  function tryAdd(text) {
    try {
      return collector.add(text);
    } catch (error) {
      // Another hand-over has come before the camera: begin with that one.
      if (error.code !== "handover-other") throw error;
      collector = new Collector();
      return collector.add(text);
    }
  }
}

/** The statements of a file, and whether this phone knows not all of their keys. Throws signature-bad. */
export async function genuine(file) {
  const statements = await unpack(file);
  const verdicts = await Promise.all(statements.map(signatureOf));
  insist(!verdicts.includes("bad"), "signature-bad");
  return { statements, unknown: verdicts.includes("unknown") };
}

async function take(file) {
  const { statements, unknown } = await genuine(file);
  await outbox.take(statements);
  const consignments = [...new Set(statements.map(({ payload }) => payload.consignment).filter(Boolean))];
  fill($("taken"),
    el("li", {}, say("handover.taken", { n: statements.length, givers: (await Promise.all([...new Set(statements.map(({ iss }) => iss))].map(nameOf))).join(", ") })),
    unknown && el("li", { class: "note doubt" }, say("handover.unknown_key")),
    await Promise.all(consignments.map(nextStep)));
  if (consignments.length === 0) $("taken").append(el("li", {}, say("handover.nothing")));
}

/** Whom the load is for receives it; a driver, or who gave it, keeps what was signed about it. */
async function nextStep(con) {
  const [load, current] = [await readLoad(con), await session()];
  const receives = load !== null && load.consignee === (current?.party ?? load.consignee);
  const [path, words] = receives ? ["recibir", "handover.receive"] : ["carga", "handover.load"];
  return el("li", {}, el("a", { class: "button", href: link(path, { con }) }, say(words)));
}
