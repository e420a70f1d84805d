// Receiving: one of four ways, by what stands behind the page's #.
import { offerWay } from "./receive_offer.js";
import { attestedWay } from "./receive_attested.js";
import { handoverWay } from "./receive_handover.js";
import { $, asked, begin, show, tell } from "./ui.js";

const WAYS = { oferta: offerWay, "sin-firma": attestedWay, emergencia: attestedWay, telefono: handoverWay };

await begin();
window.addEventListener("hashchange", () => location.reload());
const { modo, con } = asked();
const way = WAYS[con ? "oferta" : modo];
show($("ways"), way === undefined);
if (way) await way(asked()).catch(tell);
