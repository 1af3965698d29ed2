"""USN export, comparison and backsync over dumps of a directory."""
