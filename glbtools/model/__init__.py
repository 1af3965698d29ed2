"""What the numbers and the transactions mean; pure, nothing here reads or writes a file."""
