"""Incremental change synchronization (ICS): synchronizer, collector and agent as separate parts (seed 004)."""
