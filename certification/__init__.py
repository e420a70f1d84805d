"""Who may do what: permits and their scope, the public directory, the root's ceremony, sealed personal data."""
