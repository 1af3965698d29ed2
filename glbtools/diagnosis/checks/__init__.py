"""Checks, one module for each area; each yields findings and prints nothing."""
