"""The log half of the ledger: tree, tiles, signed checkpoints and proofs; pure, and blind to what entries mean."""
