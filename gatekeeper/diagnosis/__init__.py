"""What kind of failure it is, and where its cause may be."""
