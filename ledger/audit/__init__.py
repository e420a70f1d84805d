"""The auditor: replays a whole ledger, trusting nobody who keeps it.

``source`` says where the log comes from, ``replay`` judges its entries in their order, ``signatures`` verifies on all
cores what they were signed with, ``walk`` runs the two side by side; ``checkpoints`` and ``compare`` hold what is
stored beside the log against it; ``report`` is the verdict, and ``auditor`` puts them together.
"""
