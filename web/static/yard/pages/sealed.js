// Who gave a pack, when it has no key: its name stays beside the log, and only a commitment to it is signed.
import { base64url, hex, random, sha256 } from "../bytes.js";
import { encode } from "../cbor.js";
import { rememberView, viewsOf } from "../known.js";

const SALT_BYTES = 16;

/** The party's commitment to `value`, kept on the phone until the ledger has what it was made from. */
export async function seal(value, party) {
  const salt = random(SALT_BYTES);
  const commitment = hex(await sha256(encode([salt, value])));
  await rememberView(`sealed/${commitment}`, { salt: base64url(salt), value, party });
  return commitment;
}

/** Deposit what commitments of the session's party were made from, and forget it here; a name is no other party's. */
export async function depositSealed(ledger, session) {
  for (const { subject, view } of await viewsOf("sealed/")) {
    if (view?.party !== session.party) continue;
    const { salt, value } = view;
    await ledger.put(`/v1/${subject}`, { salt, value, readers: [] }, session);
    await rememberView(subject, null);
  }
}
