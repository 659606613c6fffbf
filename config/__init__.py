"""Arguments of the entry scripts, DeepSpeed files, the shape of the small backbone."""
