"""What makes a reported figure: recipes of numbers, one script a table, benchmarks, result files."""
