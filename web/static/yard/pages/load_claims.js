// Packs that another party says it received from this one, which never signed for it: it is so, or it is not.
import { unitLinks } from "../known.js";
import { insist } from "../errors.js";
import { $, agree, codeOf, el, fill, link, nameOf, on, outbox, say, show, signer } from "./ui.js";
import { isClaim, readLoad } from "./loads.js";
import { sentencesOf } from "./words.js";

/** Draw what waits for the agreement of who is in, by the statement that claims it. */
export async function drawClaims(load) {
  const events = [...new Set(claimedIn(load).map(({ event }) => event))];
  const denied = new Set((await outbox.items()).filter(({ kind, state }) => kind === "event.disputed" && state !== "refused")
    .map(({ payload }) => payload.event));
  show($("claims"), events.length > 0);
  fill($("claims-list"), await Promise.all(events.map((event) => claimOf(load, event, denied.has(event)))));
}

const claimedIn = ({ lines }, event = null) => lines.filter((line) => isClaim(line) && line.due === "agree" && (event === null || line.event === event));

async function claimOf(load, event, denied) {
  const view = $("claim").content.cloneNode(true).firstElementChild;
  const lines = claimedIn(load, event);
  const party = await nameOf(lines[0].to);
  view.querySelector(".claim-what").textContent = say(`claim.${lines[0].line}`, { party });
  fill(view.querySelector("ul"), lines.map(({ unit }) => el("li", {}, codeOf(unit))));
  show(view.querySelector(".claim-denied"), denied);
  on(view.querySelector("[data-agree]"), "click", () => accept(load.consignment, event, party));
  on(view.querySelector("[data-deny]"), "click", () => deny(event, view.querySelector("select").value, party));
  return view;
}

async function accept(consignment, event, party) {
  const signing = await signer();
  const units = claimedIn(await readLoad(consignment), event).map(({ unit }) => unit);
  insist(units.length > 0, "nothing-chosen");
  await agree(signing, [say("sentence.claimed", { party }), ...(await sentencesOf("event.agreed", { units }))]);
  const item = await outbox.state(signing, "event.agreed", { event, units: await unitLinks(units) });
  location.assign(link("comprobante", { e: item.event }));
}

async function deny(event, reason, party) {
  const signing = await signer();
  await agree(signing, [say("sentence.claimed", { party }), ...(await sentencesOf("event.disputed", { reason }))]);
  const item = await outbox.state(signing, "event.disputed", { event, reason });
  location.assign(link("comprobante", { e: item.event }));
}
