"""What the console script does, by subject."""
