"""What is wrong with a postoffice or a network, and why: problems, checks, findings."""
