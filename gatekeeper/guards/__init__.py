"""Looks at a candidate before anything of it runs; one small pure file each."""
