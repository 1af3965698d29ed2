"""The dated things of any evidence as one stream in time order."""
