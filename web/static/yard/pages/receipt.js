// What one signature said, where it stands, and what to do when it was turned away.
import { YardError } from "../errors.js";
import { people } from "../people.js";
import { $, agree, asked, begin, el, fill, give, ledger, link, moment, nameOf, on, outbox, problemWords, say, saysWell, show, signer, tell } from "./ui.js";
import { isolation } from "./units.js";
import { assuranceOf, isCritical, sentencesOf, state, titleOf, unitsOf } from "./words.js";

const MENDABLE = ["stale-head", "conflicting-statement", "subject-exists", "time-out-of-bounds"];
const RETRIED = ["key-unknown"];
const COMMON = ["v", "kind", "id", "occurred_at", "party", "site", "seen", "restates"];
const { e: event = "" } = asked();
let item = null;

async function draw() {
  item = await outbox.item(event);
  if (item === null) throw new YardError("receipt-unknown");
  $("title").textContent = await titleOf(item);
  fill($("cards"), isCritical(item) ? unitsOf(item.payload).filter((unit) => criticalIn(unit)).map(isolation) : []);
  fill($("state"), state(item));
  $("verdict").className = `verdict ${{ recorded: "good", proven: "good", refused: "bad" }[item.state] ?? "doubt"}`;
  $("state-means").textContent = say(`means.${item.state}`);
  fill($("what"), (await told()).map((sentence) => el("li", {}, sentence)));
  fill($("rows"), await rows());
  drawProblem();
  for (const id of ["evidence", "evidence-means"]) show($(id), item.state === "proven");
  show($("load"), Boolean(item.payload.consignment));
  if (item.payload.consignment) $("load").href = link("carga", { con: item.payload.consignment });
}

function criticalIn(unit) {
  const line = (item.payload.lines ?? []).find(({ id }) => id === unit);
  return (line ?? item.payload).condition === "critical";
}

/** What was signed, and what the weigh ticket says that it names. */
async function told() {
  const { ticket } = item.payload;
  const slip = ticket && (await outbox.items()).find(({ kind, payload }) => kind === "ticket.weighed" && payload.ticket === ticket);
  return [...(await sentencesOf(item.kind, item.payload)), ...(slip ? await sentencesOf(slip.kind, slip.payload) : [])];
}

async function rows() {
  const { payload, mine } = item;
  const person = (await people()).find(({ kid }) => kid === item.kid);
  return [
    person && ["row.person", person.name],
    ["row.party", await nameOf(payload.party)],
    ["row.when", moment(payload.occurred_at)],
    item.recorded_at && ["row.recorded", moment(item.recorded_at)],
    item.index !== null && ["row.entry", String(item.index)],
    ["row.assurance", say(`assurance.${assuranceOf(item)}`)],
    !mine && ["row.taken", say("receipt.taken")],
  ].filter(Boolean).map(([name, text]) => el("div", {}, el("dt", {}, say(name)), el("dd", {}, text)));
}

function drawProblem() {
  const problem = item.state === "refused" ? item.problem : null;
  show($("problem"), problem !== null);
  if (problem === null) return;
  const { problem: code, detail, cure } = problem;
  $("problem-why").textContent = problemWords(code, detail);
  $("problem-cure").textContent = saysWell(`cure.${code}`) ? say(`cure.${code}`) : "";
  $("problem-detail").textContent = [code, detail, problem.field, cure].filter(Boolean).join(" · ");
  show($("again"), item.mine && MENDABLE.includes(code));
  show($("except"), item.mine && code === "authorisation-missing" && item.kind === "consignment.received");
  show($("retry"), RETRIED.includes(code));
}

async function text() {
  const critical = unitsOf(item.payload).filter((unit) => isCritical(item) && criticalIn(unit));
  return [...critical.map((unit) => `${say("card.isolate")} · ${unit}`), await titleOf(item), ...(await told()), `${await nameOf(item.payload.party)}, ${moment(item.payload.occurred_at)}`,
    say(`state.${item.state}`), say(`assurance.${assuranceOf(item)}`), item.event].join("\n");
}

/** What is signed again, statement by statement, and when each of them happened. */
async function anew(payloads) {
  const said = await Promise.all(payloads.map(async (payload) =>
    [...(await sentencesOf(payload.kind, payload)), say("sentence.happened", { when: moment(payload.occurred_at) })]));
  return said.flat();
}

await begin();
await draw().catch(tell);
window.addEventListener("hashchange", () => location.reload());
outbox.onChange(() => draw().catch(tell));

on($("again"), "click", async () => {
  const signing = await signer();
  const fresh = await outbox.signAgain(item.event, signing, async (payloads) => agree(signing, await anew(payloads)));
  location.assign(link("comprobante", { e: fresh[0].event }));
});
on($("except"), "click", async () => {
  const signing = await signer();
  const members = Object.fromEntries(Object.entries(item.payload).filter(([name]) => !COMMON.includes(name)));
  members.exception = { reason: "already_happened" };
  await agree(signing, await sentencesOf(item.kind, members));
  const fresh = await outbox.state(signing, item.kind, members);
  await outbox.setAside(item.event);
  location.assign(link("comprobante", { e: fresh.event }));
});
on($("retry"), "click", async () => { await outbox.retry(item.event); await draw(); });
on($("aside"), "click", async () => { await outbox.setAside(item.event); await draw(); });
on($("share"), "click", async () => {
  const words = await text();
  if (navigator.share) await navigator.share({ text: words }).catch((error) => { if (error.name !== "AbortError") throw error; });
  else await give(new TextEncoder().encode(words), "comprobante.txt", "text/plain");
});
on($("print"), "click", async () => window.print());
on($("evidence"), "click", async () => {
  const bytes = await ledger.bytes(`/v1/events/${item.event}/receipt`, await signer());
  if (bytes === null) throw new YardError("unavailable", { retry_after_s: 2 });
  await give(bytes, `prueba-${item.event.slice(0, 12)}.json`, "application/json");
});
