"""What people see: server-rendered pages in Spanish and English, readable on a cheap phone and by a screen reader.

The package promises pages that say what the ledger says, in people's words. It knows no HTTP: ``api`` serves what it
renders.
"""
