// What the maker put on a pack: its other name, kept beside the log, under which it is found when its tag is gone.
import { rememberView, viewsOf } from "../known.js";
import { session } from "../people.js";

// Codes that a scanner meets on a pack which are no unit ids: GB/T 34014-2017, and the VIN of ISO 3779.
const PRINTED = { gbt34014: /^[0-9A-HJ-NP-Z]{24}$/, vin: /^[0-9A-HJ-NPR-Z]{17}$/ };
const OTHER = /^[!-~]{3,120}$/; // api/limits.py
const UNSENT = ["unsent", "sent", "waiting", "refused"];

/** The plate's code as `{scheme, value}`: spaces are dropped, letters are capitals. Null for a text that is none. */
export function plateIn(text) {
  const value = text.replace(/\s+/g, "").toUpperCase();
  const scheme = Object.keys(PRINTED).find((name) => PRINTED[name].test(value));
  return scheme ? { scheme, value } : null;
}

/** Keep what the plate of a unit says, in whichever spelling, until the ledger has the unit from this party. */
export async function notePlate(unit, text, party) {
  const value = text.replace(/\s+/g, "").toUpperCase();
  if (OTHER.test(value)) await rememberView(`plate/${unit}`, { ...(plateIn(value) ?? { scheme: "oem-serial", value }), party });
}

/** The one unit that bears the plate, as this phone or the ledger knows it; null for none, or for several. */
export async function unitWith(ledger, { scheme, value }) {
  const own = (await viewsOf("plate/")).filter(({ view }) => view?.scheme === scheme && view.value === value);
  const found = own.map(({ subject }) => subject.slice("plate/".length));
  const current = await session();
  if (found.length === 0 && current && navigator.onLine) {
    const { units } = await ledger.get(`/v1/alternates?${new URLSearchParams({ scheme, value })}`, current);
    found.push(...new Set(units.map(({ unit }) => unit)));
  }
  return found.length === 1 ? found[0] : null;
}

/** State the plates of units that the session's party had recorded to the ledger, and forget them here. */
export async function depositPlates(ledger, outbox, current) {
  const open = (await outbox.items()).filter(({ kind, state }) => kind === "unit.registered" && UNSENT.includes(state));
  const early = new Set(open.flatMap(({ payload }) => payload.units.map(({ id }) => id)));
  for (const { subject, view } of await viewsOf("plate/")) {
    const unit = subject.slice("plate/".length);
    if (view?.party !== current.party || early.has(unit)) continue;
    const { scheme, value } = view;
    await ledger.post("/v1/alternates", { scheme, value, unit }, current);
    await rememberView(subject, null);
  }
}
