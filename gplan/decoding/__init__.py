"""Keys and values of sequences under way in slots, passes over them, and drawing the next id."""
