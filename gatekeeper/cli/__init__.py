"""The command line: text in, exit code out; one file per command."""
