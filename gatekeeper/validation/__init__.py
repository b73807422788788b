"""Running the tests in sandboxes: the bench, the baseline, the trial of one candidate."""
