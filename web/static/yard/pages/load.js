// One load: where each pack of it stands, and what the person who is in may sign next.
import { FRAMES_PER_S, FRAME_SYMBOL, MEDIA_TYPE, fileName, framesOf, pack } from "../handover.js";
import { headOf, unitLinks } from "../known.js";
import { YardError, insist } from "../errors.js";
import { animate } from "../qr.js";
import { session } from "../people.js";
import { UNITS_MAX } from "../statement.js";
import { $, agree, asked, begin, codeOf, el, fill, give, ledger, link, nameOf, on, outbox, row, say, show, signer, tell } from "./ui.js";
import { partyIn, search } from "./companies.js";
import { foretold } from "./foretold.js";
import { drawClaims } from "./load_claims.js";
import { drawPapers } from "./load_papers.js";
import { readLoad } from "./loads.js";
import { sentencesOf } from "./words.js";

const CANCELLABLE = ["offered"], RETURNABLE = ["refused", "missing"];
const RECEIVABLE = ["offered", "carried", "handed", "stored"], ROAD = ["carried", "handed", "stored"];
const { con = "" } = asked();
let load = null;

const unitsOf = (chosen) => load.lines.filter(chosen).map(({ unit }) => unit);
const unitsOn = (lines) => unitsOf(({ line }) => lines.includes(line));
/** What this carrier may take over: offered to it, handed on to it, or put down by itself. */
const toPickUp = (party) => unitsOf(({ line, to = null, holder }) =>
  ({ offered: load.carriers.includes(party), handed: to === party, stored: holder === party })[line]);
const carriedBy = (party) => unitsOf(({ line, holder }) => ROAD.includes(line) && holder === party);

async function draw() {
  load = await readLoad(con);
  $("load-id").textContent = con;
  if (load === null) {
    await drawPass();
    throw new YardError("load-unknown");
  }
  const current = await session();
  $("load-stage").textContent = say(`load.${load.stage}`);
  fill($("load-rows"), [
    row("row.from", await nameOf(load.consignor)), row("row.to", await nameOf(load.consignee)),
    row("row.carrier", load.carriers.length ? (await Promise.all(load.carriers.map(nameOf))).join(", ") : say("sentence.no_carrier")),
    row("row.purpose", say(`purpose.${load.purpose}`)),
  ]);
  fill($("lines"), load.lines.map(({ unit, line, assurance }) => el("li", {},
    el("a", { href: link("bateria", { u: unit }) }, codeOf(unit)), ` ${say(`line.${line}`)}`,
    assurance && el("span", { class: "hint" }, ` · ${say(`assurance.${assurance}`)}`))));
  drawActs(current?.party ?? null);
  await drawClaims(load);
  drawPapers(load, current?.party ?? null);
  await drawPass();
}

function drawActs(party) {
  show($("pick-up"), toPickUp(party).length > 0);
  show($("receive"), load.consignee === party && load.lines.some(({ line }) => RECEIVABLE.includes(line)));
  $("receive").href = link("recibir", { con });
  show($("take-back"), load.consignor === party && unitsOn(RETURNABLE).length > 0);
  show($("cancel"), load.consignor === party && unitsOn(CANCELLABLE).length > 0);
  show($("hand-on"), load.stage === "moving" && carriedBy(party).length > 0);
}

/** Only what is not recorded yet has to be passed on; the other phone asks the ledger for the rest. */
async function drawPass() {
  show($("pass"), (await unrecorded()).length > 0);
}

function unrecorded() {
  return outbox.forHandover([`act/${con}`, ...(load?.lines ?? []).map(({ unit }) => `unit/${unit}`)]);
}

function signs(id, event, kind, chosen, more = () => ({})) {
  on($(id), event, async () => {
    const signing = await signer();
    load = await readLoad(con);
    const [units, members] = [chosen(signing.party), more()];
    insist(units.length > 0, "nothing-chosen");
    const part = async (at) => {
      const prev = await headOf(`act/${con}`);
      insist(prev !== undefined, "unknown-head", { subject: con });
      return { consignment: con, prev, units: await unitLinks(units.slice(at, at + UNITS_MAX)), ...members };
    };
    await agree(signing, await sentencesOf(kind, { units, ...members }), await foretold(signing, kind, await part(0)));
    let item = null;
    for (let at = 0; at < units.length; at += UNITS_MAX) item = await outbox.state(signing, kind, await part(at));
    location.assign(link("comprobante", { e: item.event }));
  });
}

await begin();
window.addEventListener("hashchange", () => location.reload());
if (con) await signer();
await draw().catch(tell);
outbox.onChange(() => drawPass().catch(tell));
search("carrier", "transport");
signs("pick-up", "click", "consignment.picked_up", toPickUp);
signs("take-back", "click", "consignment.returned", () => unitsOn(RETURNABLE));
signs("cancel", "click", "consignment.cancelled", () => unitsOn(CANCELLABLE));
signs("hand-on", "submit", "consignment.handed_on", carriedBy, () => ({ to: partyIn("carrier") }));

let showing = null;
on($("pass-show"), "click", async () => {
  showing?.abort();
  showing = new AbortController();
  const frames = await framesOf(pack(await unrecorded()));
  show($("pass-code"));
  animate($("pass-code").querySelector("canvas"), frames, { fps: FRAMES_PER_S, signal: showing.signal, ...FRAME_SYMBOL });
  $("pass-told").textContent = say("pass.frames", { n: frames.length });
});
on($("pass-file"), "click", async () => give(pack(await unrecorded()), fileName(), MEDIA_TYPE));
on($("folder"), "click", async () => {
  const signing = await signer();
  await give(await ledger.bytes(`/v1/consignments/${con}/folder.pdf`, signing), `${con}.pdf`, "application/pdf");
});
