"""The same facts in other systems' words: credentials, status lists, identifiers, and papers to print.

The package promises that what it renders says no more and no less than the ledger. It decides nothing.
"""
