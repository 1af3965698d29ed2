"""Dir-Sync's successors as evidence: dumps of directories that number their changes, and pairs kept in step."""
