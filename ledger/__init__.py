"""What happened, who signed it, and why it can be believed.

The package promises that everything it accepted can be checked by an outsider from the log alone. It never
updates or deletes an entry, never re-serialises signed bytes, never reads the clock inside a rule, and never
knows HTTP, the law, or how a person looks at a page.
"""
