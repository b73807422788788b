"""What a source file defines and uses, read without running it, and which of it matters."""
