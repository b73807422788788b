"""Engines make sandboxes: one package each, behind `ports.Engine`."""
