// Who is here, what waits for a signature, and what this phone has signed.
import { people, session } from "../people.js";
import { MEDIA_TYPE, packAll } from "../handover.js";
import { $, begin, el, enter, fill, give, ledger, link, moment, nameOf, on, outbox, say, show, tell } from "./ui.js";
import { state, titleOf } from "./words.js";
import { genuine } from "./receive_handover.js";
import { fetchLoad, queue } from "./loads.js";

const SHOWN_MAX = 30;
const LOADS_MAX = 20;

async function drawPeople() {
  const known = await people();
  const current = await session();
  show($("nobody"), known.length === 0);
  show($("people-title"), known.length > 0);
  const rows = await Promise.all(known.map(async (person) => {
    const here = current?.kid === person.kid;
    const button = el("button", { type: "button", class: "second", "aria-pressed": String(here) },
      `${person.name} · ${await nameOf(person.party)}`);
    on(button, "click", async () => { await enter(person.kid); await draw(); });
    return el("li", {}, button, person.roles === null && el("span", { class: "hint" }, ` ${say("person.unchecked")}`));
  }));
  fill($("people-list"), rows);
}

async function drawSigned() {
  const items = await outbox.items();
  const counts = await outbox.counts();
  $("counts").textContent = items.length === 0 ? say("counts.none") : say("counts.all", {
    unsent: counts.unsent + counts.sent, waiting: counts.waiting, refused: counts.refused,
    recorded: counts.recorded, proven: counts.proven,
  });
  show($("copy"), counts.unsent + counts.sent + counts.waiting > 0);
  const names = new Map((await people()).map(({ kid, name }) => [kid, name]));
  const rows = await Promise.all(items.slice(-SHOWN_MAX).reverse().map(async (item) =>
    el("li", {}, el("a", { href: link("comprobante", { e: item.event }) }, await titleOf(item)), " ",
      state(item), el("span", { class: "hint" }, ` ${[names.get(item.kid), moment(item.occurred_at)].filter(Boolean).join(" · ")}`))));
  fill($("signed"), rows);
}

async function drawQueue() {
  const current = await session();
  const waiting = current && navigator.onLine ? await queue(current) : [];
  fill($("queue-list"), await Promise.all(waiting.map(async ({ consignment, act, other }) =>
    el("li", {}, el("a", { href: link(act === "receive" ? "recibir" : "carga", { con: consignment }) },
      say(`queue.${act}`, { other: await nameOf(other) }))))));
  show($("queue"), waiting.length > 0);
  // The yard may have no signal where the load is.
  let kept = 0;
  for (const { consignment } of waiting.slice(0, LOADS_MAX)) kept += await fetchLoad(consignment) ? 1 : 0;
  $("queue-kept").textContent = kept > 0 && kept === waiting.length ? say("queue.kept") : "";
}

async function draw() {
  await Promise.all([drawPeople(), drawSigned(), drawQueue()]);
}

await begin();
await draw().catch(tell);
outbox.onChange(() => drawSigned().catch(tell));
on($("send"), "click", async () => { await outbox.flush({ now: true }); await drawSigned(); });
on($("copy"), "click", async () => {
  for (const [n, file] of packAll(await outbox.items({ open: true })).entries()) await give(file, `sin-enviar-${n + 1}.bitacora`, MEDIA_TYPE);
});
on($("restore"), "change", async () => {
  const [file] = $("restore").files;
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  $("restore").value = ""; // the same file once more is a change too
  const { statements } = await genuine(bytes);
  const { added, known } = await outbox.take(statements);
  $("restored").textContent = say("restored", { added, known });
});
// Whoever opens this page wants it sent: no need to sit out the pause after a failure.
if (navigator.onLine) outbox.flush({ now: true });
