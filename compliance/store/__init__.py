"""The tables of what the law asks, and what lies beside the log for it: the only SQL of this package."""
