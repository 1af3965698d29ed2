"""Readers of queue files by other parsing libraries, each in the fastest form found within its public interface.

Every module has one function ``read(path)`` that yields, for each record of the file, the sync number, stamp, checksum,
text without its NUL, start offset and stop offset. The 12 bytes that are not asked for (``ofs_prev``, ``ofs_next``,
``unknown_14``) are passed over as each library does it fastest, not parsed field by field, and no reader verifies
anything. The ratios in the modules are records per second relative to the form kept, on a file of 200,000 records, best
of nine rounds, CPython 3.11; differences below about 5 % are noise.
"""
