"""How good diagnosis is, measured on random networks whose truth is known: ``make scoreboard``."""
