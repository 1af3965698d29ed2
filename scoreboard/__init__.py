"""How good diagnosis and learning are, measured on random networks and layouts whose truth is known."""
