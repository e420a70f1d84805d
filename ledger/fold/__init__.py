"""The fold: from the state and an event to the changed state, or a refusal.

Pure: no clock, no database, no network. The server, the auditor and the tests use this one function.
"""
