"""What the law asks, and the composition of everything that judges an entry."""
