"""The teacher's examples: cases that people read and correct, and the file that ships."""
