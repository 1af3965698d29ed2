"""One function for each problem that can be repaired: it reads a finding and notes edits."""
