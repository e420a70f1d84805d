"""What is printed on the thing: payloads and symbols.

The package promises that what it draws reads back as the unit it was drawn for. It never decides what a unit
is, and draws nothing too small to be scanned.
"""
