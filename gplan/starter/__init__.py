"""Rows and a backbone where nothing is configured."""
