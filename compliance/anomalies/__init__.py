"""What figures alone make suspect: pure functions over rows read from the ledger. None of them is a finding of law."""
