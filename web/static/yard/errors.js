/** What the phone refuses. `code` is permanent and `facts` are for programs; the pages word both. */
export class YardError extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.name = "YardError";
    this.code = code;
    this.facts = facts;
  }
}

/** Refuse with `code` unless `condition`. */
export function insist(condition, code, facts = {}) {
  if (!condition) throw new YardError(code, facts);
}
