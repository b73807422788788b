"""Runs inside the sandbox as plugins of pytest. Nothing of what they say is trusted.

Python 3.8 and later, the standard library only. `recording`: each test's outcome, and which lines
it ran. `trying`: one fork for each edit, in which the red tests are run, and then the others that
run the same function.
"""
