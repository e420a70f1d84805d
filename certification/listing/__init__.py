"""Taking in a published list of authorised parties: its table, its columns, whom it means, what to state."""
