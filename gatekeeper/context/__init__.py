"""What a backend is told about a failure: bounded, ordered, redacted."""
