"""Incremental change synchronization: synchronizer, collector and agent apart (docs/facts/directories.md#ics)."""
