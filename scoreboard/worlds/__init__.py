"""All histories up to a bound: what may have happened to files that look alike (docs/certainty.md#how-sure)."""
