"""What an answer is worth: claims against evidence, three dimensions, and a veto of whatever is invented."""
