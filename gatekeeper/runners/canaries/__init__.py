"""How each framework is given a failing case that nobody could know, one file per language."""
