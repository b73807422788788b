"""Times of day, intervals and opening hours."""
