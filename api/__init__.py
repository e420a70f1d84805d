"""The only HTTP: what the ledger offers to the outside, and what it answers when it refuses.

``app.create_app(settings)`` makes the application, ``server.serve(settings)`` runs it. Nothing here decides what may
be recorded; it decides who may read what, and how much anyone may ask.
"""
