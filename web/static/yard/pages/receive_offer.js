// A consignment that was offered, received line by line.
import { headOf, unitLinks } from "../known.js";
import { YardError, insist } from "../errors.js";
import { read } from "../scan.js";
import { UNITS_MAX } from "../statement.js";
import { session } from "../people.js";
import { $, agree, codeOf, documentsOf, el, fill, grams, kg, link, nameOf, on, outbox, row, say, show, signer } from "./ui.js";
import { finder } from "./finder.js";
import { loadsSeen, queue, readLoad } from "./loads.js";
import { lookAt } from "./units.js";
import { foretold } from "./foretold.js";
import { sentencesOf } from "./words.js";

const RECEIVABLE = ["offered", "carried", "handed", "stored"];
const extras = [];

export async function offerWay({ con }) {
  show($("offer"));
  $("offer-title").focus();
  if (con) return drawLoad(con);
  finder($("find-load"), async (text) => {
    const { what, value } = read(text);
    insist(what === "consignment", "consignment-malformed");
    location.hash = new URLSearchParams({ con: value });
    return true;
  });
  const current = await session();
  const waiting = current ? (await queue(current)).filter(({ act }) => act === "receive") : [];
  const seen = (await loadsSeen()).filter((load) => current && load.consignee === current.party);
  const loads = new Map([...waiting, ...seen.map((load) => ({ consignment: load.consignment, other: load.consignor }))]
    .map((load) => [load.consignment, load]));
  fill($("offers"), await Promise.all([...loads.values()].map(async ({ consignment, other }) => el("li", {},
    el("a", { class: "button second", href: `#con=${consignment}` }, say("queue.receive", { other: await nameOf(other) }))))));
}

async function drawLoad(consignment) {
  await signer();
  const load = await readLoad(consignment);
  if (load === null) throw new YardError("load-unknown");
  const lines = load.lines.filter(({ line }) => RECEIVABLE.includes(line));
  show($("pick"), false);
  show($("lines-form"));
  fill($("load-rows"), row("row.from", await nameOf(load.consignor)), row("row.purpose", say(`purpose.${load.purpose}`)),
    row("row.count", say("units.of", { n: lines.length, total: load.lines.length })));
  const views = await Promise.all(lines.map(lineOf));
  fill($("lines"), views);
  const unsigned = load.carriers.length > 0 && lines.some(({ line }) => line === "offered");
  show($("unsigned"), unsigned);
  $("carrier-did-not-sign").required = unsigned;
  finder($("find-arrived"), (text) => arrived(load, text));
  on($("accept-rest"), "click", () => {
    for (const view of views) if (!chosen(view)) choose(view, "accepted");
    drawTally(views);
  });
  $("lines-form").addEventListener("change", () => drawTally(views));
  drawTally(views);
  on($("lines-form"), "submit", () => receive(load, views));
}

const chosen = (view) => view.querySelector("input[type=radio]:checked")?.value;

function choose(view, outcome) {
  view.querySelector(`input[value=${outcome}]`).checked = true;
  open(view);
}

function open(view) {
  show(view.querySelector(".reason"), chosen(view) === "refused");
  for (const arrived of view.querySelectorAll(".arrived")) show(arrived, chosen(view) === "accepted");
}

async function lineOf({ unit, mass_g, chemistry }) {
  const view = $("line").content.cloneNode(true).firstElementChild;
  view.dataset.unit = unit;
  fill(view.querySelector("legend"), codeOf(unit));
  const known = chemistry ? { chemistry, mass_g } : await described(unit);
  view.querySelector(".line-what").textContent = [known.chemistry && say(`chemistry.${known.chemistry}`), known.mass_g && kg(known.mass_g)].filter(Boolean).join(" · ");
  for (const radio of view.querySelectorAll("input[type=radio]")) radio.name = unit;
  view.addEventListener("change", () => open(view));
  return view;
}

async function described(unit) {
  const { chemistry, state } = await lookAt(unit);
  return { chemistry, mass_g: state?.mass_g };
}

function drawTally(views) {
  const count = (outcome) => views.filter((view) => chosen(view) === outcome).length;
  $("tally").textContent = say("tally", {
    accepted: count("accepted"), refused: count("refused"), missing: count("missing"), extra: extras.length, open: count(undefined),
  });
}

/** What was scanned came off the truck: its line is marked; one that the load does not have is extra. */
async function arrived(load, text) {
  const { what, value } = read(text);
  insist(what === "unit", "code-malformed");
  const view = document.querySelector(`[data-unit="${CSS.escape(value)}"]`);
  if (view) {
    insist(!chosen(view), "pack-twice");
    choose(view, "accepted");
  } else await addExtra(load, value);
  $("lines-form").dispatchEvent(new Event("change"));
  return false;
}

async function addExtra(load, unit) {
  insist(!load.lines.some((line) => line.unit === unit), "line-done");
  insist(!extras.includes(unit), "pack-twice");
  insist((await lookAt(unit)).known, "extra-unknown");
  extras.push(unit);
  $("lines").prepend(el("p", { class: "card" }, codeOf(unit), ` ${say("line.extra")}`));
}

/** What one line says. */
function said(view) {
  const member = (name) => view.querySelector(`[data-name=${name}]`).value;
  const outcome = chosen(view);
  const line = { id: view.dataset.unit, outcome };
  if (outcome === "refused") return { ...line, reason: member("reason") };
  if (outcome !== "accepted") return line;
  const mass_g = grams(member("mass"));
  return { ...line, ...(mass_g === null ? {} : { mass_g, mass_basis: member("mass_basis") }), ...(member("condition") ? { condition: member("condition") } : {}) };
}

async function receive(load, views) {
  const signing = await signer();
  const marked = views.filter(chosen);
  const left = views.length - marked.length;
  const lines = [...marked.map(said), ...extras.map((id) => ({ id, outcome: "extra" }))];
  insist(lines.length > 0, "nothing-chosen");
  const exception = $("carrier-did-not-sign").checked && !$("unsigned").hidden ? { exception: { reason: "carrier_did_not_sign" } } : {};
  const about = { consignment: load.consignment, basis: "offer", ...exception };
  const part = async (at) => {
    const some = lines.slice(at, at + UNITS_MAX);
    const links = await unitLinks(some.map(({ id }) => id));
    const prev = await headOf(`act/${load.consignment}`);
    if (prev === undefined) throw new YardError("unknown-head", { subject: load.consignment });
    return { ...about, prev, lines: some.map((line, n) => ({ ...line, prev: links[n].prev })) };
  };
  const sentences = [...(await sentencesOf("consignment.received", { ...about, lines })), ...(left ? [say("sentence.left", { n: left })] : [])];
  await agree(signing, sentences, await foretold(signing, "consignment.received", await part(0)));
  const documents = await documentsOf($("offer-photo"), "photo", signing);
  let item = null;
  for (let at = 0; at < lines.length; at += UNITS_MAX) {
    item = await outbox.state(signing, "consignment.received", { ...(await part(at)), ...(at === 0 ? documents : {}) });
  }
  location.assign(link("comprobante", { e: item.event }));
}
