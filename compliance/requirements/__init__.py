"""What the law asks of whom: one row for each requirement, and the small rules that find where it was not met."""
