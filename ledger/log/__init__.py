"""The log half of the ledger: tree, tiles, signed checkpoints, proofs; pure, blind to what entries mean."""
