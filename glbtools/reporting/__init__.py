"""Findings and trees as text, JSON and CSV; decides nothing."""
