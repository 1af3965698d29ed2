"""Reports as blocks of one model (``model``), which ``writer`` makes text of; JSON and CSV; decides nothing."""
