"""The projects of the matrix have tests of their own, which are red and not ours to run."""

collect_ignore = ["projects"]
