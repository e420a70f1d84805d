"""What certification keeps in the ledger's database beside the log: the only SQL above the ledger."""
