"""The small model's way of speaking: handles for what is named, fields for what is said of it."""
