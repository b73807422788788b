"""Small edits of Python code at suspicious places, ranked; and what tries them in a sandbox.

`spectrum` says where, `edits` says what, `ranking` in which order, `orders` speaks with the
plugin in `inside/`, which runs within pytest and is only a filter: the gate decides.
"""
