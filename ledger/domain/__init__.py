"""The vocabulary: unit ids, scalar types, and the closed set of event kinds with their fields.

It knows nothing of the log, of storage or of time; it only says what a well-formed statement is.
"""
