"""The rows of the table of requirements, by what they are about."""
