"""Who proposes candidates: one file for each backend, and what they share beside it.

Shared are `answer` (what a model may say), `envelope` (how the Responses API wraps it),
`faults` (what can go wrong on the way), `prompt` (what a model is told) and `stored` (what
is kept of an answer). The backends do not import each other,
but for `codex`, which asks as `responses` does and sends by way of a program.
"""
