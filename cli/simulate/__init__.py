"""``bitacora simulate``: a national ledger with realistic noise and labelled faults, and how many of them are found."""
