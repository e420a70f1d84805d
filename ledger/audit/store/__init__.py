"""The auditor's SQL: ``database`` reads a ledger's tables as they stand, ``scratch`` is the auditor's own notebook."""
