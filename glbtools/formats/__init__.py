"""Bytes and text to records and back, one module for each format; no opinions about what is right."""
