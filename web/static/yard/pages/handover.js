// Handing over: which packs, to whom, by whom, what for; one offer, or as many as so many packs take.
import { headOf, unitLinks } from "../known.js";
import { insist } from "../errors.js";
import { session } from "../people.js";
import { read } from "../scan.js";
import { UNITS_MAX, newId } from "../statement.js";
import { $, agree, asked, begin, codeOf, el, fill, grams, link, nameOf, on, outbox, say, show, signer, tell } from "./ui.js";
import { partyIn, search } from "./companies.js";
import { finder } from "./finder.js";
import { foretold } from "./foretold.js";
import { loadsSeen, queue } from "./loads.js";
import { isolation, lookAt } from "./units.js";
import { sentencesOf } from "./words.js";

const packs = new Map(); // unit → what is known of it
const destinations = new Map(); // party → its site, as the directory named it

async function add(text) {
  const { what, value } = read(text);
  insist(what === "unit", "code-malformed");
  insist(!packs.has(value), "pack-twice");
  await signer();
  const unit = await lookAt(value);
  insist(unit.known !== false, "pack-unknown");
  packs.set(value, unit);
  drawPacks();
  return false;
}

function drawPacks() {
  fill($("packs"), [...packs].map(([id, unit]) => {
    const remove = el("button", { type: "button", class: "plain", "aria-label": `${say("pack.remove")} ${id}` }, say("pack.remove"));
    remove.addEventListener("click", () => { packs.delete(id); drawPacks(); });
    const what = unit.unit_kind ? ` ${say(`unit_kind.${unit.unit_kind}`)} ${say(`chemistry.${unit.chemistry}`)} ` : " ";
    return el("li", { class: "person" }, codeOf(id), what, remove, unit.state?.condition === "critical" && isolation(id));
  }));
  $("count").textContent = packs.size ? say("units.many", { n: packs.size }) : "";
}

async function offer() {
  insist(packs.size > 0, "nothing-chosen");
  const signing = await signer();
  const [consignee, carrier, declared_mass_g] = [partyIn("consignee"), partyIn("carrier"), grams($("mass").value)];
  const destination = destinations.get(consignee);
  const terms = {
    consignment: newId("con"), purpose: $("purpose").value, consignee, carriers: carrier ? [carrier] : [], fitting: $("fitting").value,
    units_total: packs.size, ...(destination ? { destination } : {}), ...(declared_mass_g ? { declared_mass_g } : {}),
  };
  const units = [...packs.keys()];
  const kind = "consignment.offered";
  const part = async (at) => {
    const prev = at === 0 ? null : await headOf(`act/${terms.consignment}`);
    return { ...terms, prev, units: await unitLinks(units.slice(at, at + UNITS_MAX)) };
  };
  await agree(signing, await sentencesOf(kind, { ...terms, units }), await foretold(signing, kind, await part(0)));
  for (let at = 0; at < units.length; at += UNITS_MAX) await outbox.state(signing, kind, await part(at));
  location.assign(link("carga", { con: terms.consignment }));
}

async function drawLoads() {
  const current = await session();
  if (!current) return;
  const waiting = (await queue(current)).filter(({ act }) => act !== "receive");
  const seen = (await loadsSeen()).filter((load) => load.consignor === current.party || load.carriers.includes(current.party));
  const loads = new Map([...waiting.map(({ consignment, other }) => [consignment, other]), ...seen.map((load) => [load.consignment, load.consignee])]);
  show($("loads"), loads.size > 0);
  fill($("loads-list"), await Promise.all([...loads].map(async ([con, other]) =>
    el("li", {}, el("a", { href: link("carga", { con }) }, say("queue.load", { other: await nameOf(other) }))))));
}

await begin();
finder($("find-pack"), add);
search("consignee", "receiving", (row) => { if (row.site) destinations.set(row.party, row.site.site); });
search("carrier", "transport");
on($("offer"), "submit", offer);
await drawLoads().catch(tell);
if (asked().u) await add(asked().u).catch(tell);
