"""What two files have in common."""
