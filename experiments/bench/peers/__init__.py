"""What a user would take instead of this project, on the same weights and rows: other trainers, decoders, servers."""
