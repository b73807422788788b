"""Raw logs of jobs: where they come from, how they are read, which lines of them matter."""
