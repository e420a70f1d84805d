// A company on a form: found in the directory by its name, or its key typed in.
import { insist } from "../errors.js";
import { read } from "../scan.js";
import { $, el, fill, ledger, nameOf, on, say } from "./ui.js";

/** The boxes of a role look up who may do the activity; `chosen(row)` is told what was taken from the directory. */
export function search(role, activity, chosen = () => {}) {
  on($(`${role}-find`), "click", async () => {
    const name = encodeURIComponent($(`${role}-name`).value);
    const { rows } = await ledger.get(`/v1/directory?limit=8&standing=in-force&activity=${activity}&name=${name}`);
    fill($(`${role}s`), rows.length === 0 ? el("li", {}, say("company.none")) : rows.map((row) => {
      const choice = el("button", { type: "button", class: "second" },
        [row.name ?? say("party.unnamed"), row.site?.name, row.number].filter(Boolean).join(" · "));
      choice.addEventListener("click", async () => {
        $(role).value = row.party;
        chosen(row);
        fill($(`${role}s`));
        await drawName(role);
        $(role).focus();
      });
      return el("li", {}, choice);
    }));
  });
  $(role).addEventListener("change", () => drawName(role));
}

async function drawName(role) {
  const { what, value } = read($(role).value);
  $(`${role}-told`).textContent = what === "party" ? await nameOf(value) : "";
}

/** Who stands in the box of a role, null if nobody; throws party-malformed. */
export function partyIn(role) {
  const typed = $(role).value.trim();
  if (!typed) return null;
  const { what, value } = read(typed);
  insist(what === "party", "party-malformed");
  return value;
}
