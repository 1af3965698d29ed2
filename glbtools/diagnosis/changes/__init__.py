"""Changes that have not reached their target: where they stand, why, and how sure that is."""
