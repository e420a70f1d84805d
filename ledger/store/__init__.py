"""Where the ledger is kept: the only SQL, for SQLite and PostgreSQL alike.

Modules of functions over an open transaction: ``entries`` (the log), ``tiles``, ``checkpoints``, ``state`` (the
fold's values), ``side`` (refused and waiting statements). ``session`` opens the database and its transactions,
``append`` is what one transaction adds to the log.
"""
