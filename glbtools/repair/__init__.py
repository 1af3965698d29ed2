"""From a finding to edits, to a plan, to a new directory, to the proof that it is right."""
