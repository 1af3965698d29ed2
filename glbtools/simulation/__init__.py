"""The protocol as a program over real files: networks, cycle by cycle, with faults and known truth."""
