"""Measurements of glbtools against descriptions of the same format for other parsing libraries."""
