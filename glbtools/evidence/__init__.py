"""A directory on disk as typed artefacts, and its reverse: such a directory from a description."""
