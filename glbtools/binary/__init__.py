"""Bytes, spans and layouts; no format is known here."""
