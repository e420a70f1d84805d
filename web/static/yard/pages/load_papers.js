// The legal paper of a load: photographed once it is signed in ink, and followed until its original is back.
import { insist } from "../errors.js";
import { $, agree, day, documentsOf, el, fill, language, link, moment, on, outbox, row, say, show, signer } from "./ui.js";
import { sentencesOf } from "./words.js";

const UNDER_WAY = ["moving", "closed", "claimed"];
let load = null;

/** Draw what is known of the papers, and what this party may say of them. */
export function drawPapers(shown, party) {
  load = shown;
  const gives = load.consignor === party;
  const papers = Object.entries(load.papers ?? {});
  show($("papers"), party !== null);
  for (const part of [$("print"), $("scan")]) show(part, navigator.onLine);
  drawOriginal(load.original ?? null, gives);
  fill($("legal"), papers.map(([form, paper]) => paperOf(form, paper, gives && UNDER_WAY.includes(load.stage))));
  $("form").value = papers[0]?.[0] ?? (load.original ? "manifest" : "rme_transport");
  drawNumber();
}

function drawOriginal(original, gives) {
  show($("original"), original !== null);
  if (original === null) return;
  const { stage, late, returned_on, due_on, days_left, step } = original;
  const due = stage === "overdue" || days_left === null ? due_on && day(due_on) : say("original.left", { day: day(due_on), n: days_left });
  fill($("original-rows"), row("row.original", say(`original.${late ? "late" : stage}`, { day: returned_on && day(returned_on) })),
    due && stage !== "returned" && row("row.due", due));
  // What to ask of others is the consignor's to do.
  $("original-step").textContent = step && (gives || step.code === "scan-paper") ? step[language] : "";
}

function paperOf(form, { number, scanned, returned_at }, mayReturn) {
  const button = el("button", { type: "button", class: "second" }, say("paper.is_back"));
  on(button, "click", () => state("paper.returned", { form, number }));
  const waits = returned_at === null && mayReturn;
  return el("li", {}, el("p", {}, el("strong", {}, `${say(`form.${form}`)} ${number}`), ` · ${say("paper.scans", { n: scanned.length })}`,
    returned_at && ` · ${say("paper.returned", { when: moment(returned_at) })}`), waits && el("p", { class: "buttons" }, button));
}

/** A paper has one number: where the ledger knows it, no other is taken. */
function drawNumber() {
  const known = load.papers?.[$("form").value]?.number;
  $("number").value = known ?? "";
  $("number").readOnly = known !== undefined;
  show($("number-hint"), known !== undefined);
}

async function scan() {
  const signing = await signer();
  const signed_by = [...$("scan").querySelectorAll("input[type=checkbox]:checked")].map(({ value }) => value);
  insist(signed_by.length > 0, "nobody-inked");
  const said = { form: $("form").value, number: $("number").value.trim(), signed_by };
  await state("paper.scanned", said, [...$("scan-photo").files], () => documentsOf($("scan-photo"), "manifest", signing));
}

async function state(kind, said, documents = [], deposit = async () => ({})) {
  const signing = await signer();
  await agree(signing, await sentencesOf(kind, { ...said, documents }));
  const item = await outbox.state(signing, kind, { consignment: load.consignment, ...said, ...(await deposit()) });
  location.assign(link("comprobante", { e: item.event }));
}

$("form").addEventListener("change", drawNumber);
on($("scan"), "submit", scan);
