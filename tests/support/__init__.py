"""Shared parts of the tests: small real projects, runs made of plain data."""
