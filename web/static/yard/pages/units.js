// Packs as the phone knows them, with signal and without.
import { insist } from "../errors.js";
import { refresh, rememberHeads, rememberView, viewOf } from "../known.js";
import { session } from "../people.js";
import { $, ask, el, grams, kg, ledger, outbox, say, shortOf } from "./ui.js";

/**
 * What is known of a unit: `{id, known, stage, …, state, seen_at}`. `known` is true, false (nobody has registered it),
 * or null without signal and memory.
 */
export async function lookAt(unit) {
  const current = await session();
  const own = await registeredHere(unit);
  if (navigator.onLine) {
    try {
      const view = await ask(`/v1/units/${encodeURIComponent(unit)}`);
      await rememberUnit(unit, view, current);
      // A key that is not approved yet reads what everybody may, and is told no heads.
      if (view.head) await refresh(ledger, current, [`unit/${unit}`]);
      if (view.head && view.stage === "reserved") await rememberRoll(view.head);
    } catch (error) {
      if (error.code === "refused" && error.facts.problem === "not-found") {
        await rememberHeads({ [`unit/${unit}`]: null });
        return own ?? { id: unit, known: false, stage: null, state: null };
      }
      if (error.code !== "offline" && error.code !== "unavailable") throw error;
    }
  }
  const kept = (current && (await viewOf(`unit/${unit}`, current.party))) ?? (await viewOf(`unit/${unit}`));
  if (kept === null) return own ?? { id: unit, known: null, stage: null, state: null };
  if (own && kept.view.stage === "reserved") return own;
  return { ...kept.view, known: kept.view.stage !== "reserved", seen_at: kept.seen_at };
}

/** What only its holder is told is the holder's; the rest is for everybody on this phone. */
async function rememberUnit(unit, view, current) {
  await rememberView(`unit/${unit}`, { ...view, state: null });
  if (current) await rememberView(`unit/${unit}`, view, current.party);
}

async function registeredHere(unit) {
  const items = await outbox.items();
  const item = items.find(({ kind, state, payload }) => kind === "unit.registered" && !["refused", "mended", "aside"].includes(state)
    && payload.units.some(({ id }) => id === unit));
  if (!item) return null;
  const { description, stage, condition = "sound", party } = item.payload;
  const { unit_kind, chemistry, mass_g } = description;
  return { id: unit, known: true, genuine: true, unit_kind, chemistry, stage, recalled: null, stolen: false,
    state: { mass_g, condition, holder: stage === "in_use" ? "in_use" : party } };
}

/** One tag of a roll was seen with signal: from now on all of that roll can be bound without. */
async function rememberRoll(head) {
  const { statement } = await ask(`/v1/events/${head}`);
  const heads = (statement.tags ?? []).map((tag) => [`unit/${tag}`, { head, head_at: statement.occurred_at }]);
  await rememberHeads(Object.fromEntries(heads));
  const view = { genuine: false, unit_kind: null, chemistry: null, stage: "reserved", state: null };
  for (const tag of statement.tags ?? []) await rememberView(`unit/${tag}`, { id: tag, ...view });
}

/** The blank form of what a pack is; with the code of its maker's plate, if that was read before. */
export function describing(unit, plate = "") {
  const form = $("description").content.cloneNode(true).firstElementChild;
  form.querySelector("legend").textContent = shortOf(unit);
  form.dataset.unit = unit;
  form.querySelector("[data-name=plate]").value = plate;
  return form;
}

/** The members of `unit.registered` that the form says; throws kilograms for a mass that is none. */
export function described(form) {
  const member = (name) => form.querySelector(`[data-name=${name}]`).value.trim();
  const mass_g = grams(member("mass"));
  insist(mass_g, "kilograms");
  const named = Object.fromEntries(["maker", "model"].filter((name) => member(name)).map((name) => [name, member(name)]));
  return {
    description: { unit_kind: member("unit_kind"), chemistry: member("chemistry"), mass_g, mass_basis: member("mass_basis"), ...named },
    basis: "first_seen", stage: member("stage"), condition: member("condition"),
  };
}

export const plateOf = (form) => form.querySelector("[data-name=plate]").value;

/** What a known unit is, as the rows of a list. */
export function rowsOf(unit) {
  const { state } = unit;
  const rows = [
    ["row.what", `${say(`unit_kind.${unit.unit_kind}`)}, ${say(`chemistry.${unit.chemistry}`)}`],
    ["row.stage", say(`stage.${unit.stage}`)],
  ];
  if (state?.mass_g) rows.push(["row.mass", kg(state.received_mass_g ?? state.mass_g)]);
  if (state?.condition) rows.push(["row.condition", say(`condition.${state.condition}`)]);
  if (state?.assurance) rows.push(["row.assurance", say(`assurance.${state.assurance}`)]);
  return rows.map(([name, text]) => el("div", {}, el("dt", {}, say(name)), el("dd", {}, text)));
}

/** The red card of a pack that may burn. */
export function isolation(unit) {
  const card = $("isolation").content.cloneNode(true).firstElementChild;
  card.querySelector(".isolate-unit").textContent = shortOf(unit);
  return card;
}
