// What the law would find in a statement, asked of the ledger before it is signed.
import { draft, sign } from "../statement.js";
import { language, ledger, say } from "./ui.js";

const WAIT_MS = 4000;
const UNSIGNED = new Uint8Array(64); // the server knows by the token whose key is to sign

/**
 * One sentence for each finding that the statement would open, or for the requirement by which it would be refused,
 * with its cure. None without signal, or when the ledger does not answer in time: signing waits for nobody.
 */
export async function foretold(signing, kind, members) {
  if (!navigator.onLine) return [];
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS, []));
  const asked = ask(signing, kind, members).catch((error) => {
    console.warn(error.code ?? error);
    return [];
  });
  return Promise.race([asked, late]);
}

async function ask(signing, kind, members) {
  const { raw } = await sign({ kid: signing.kid, sign: async () => UNSIGNED }, draft(signing, kind, members));
  const { findings = [] } = await ledger.check(raw, signing);
  return findings.map(told);
}

function told({ effect, requirement, article, statement, cure }) {
  const weight = say(effect === "block" ? "told.block" : "told.finding", { requirement, article });
  return `${weight} ${statement[language]} ${say("told.cure", { cure: cure[language] })}`;
}
