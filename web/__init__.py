"""What people see: pages in Spanish and English, rendered from facts that are handed in."""
