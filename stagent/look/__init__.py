"""A page to look at a world and to try its tools."""
