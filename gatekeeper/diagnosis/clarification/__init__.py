"""What is asked of a person before a backend is asked, and what the answers mean.

`questions` derives them from the diagnosis, `answers` reads what a person said, `dialogue` holds a
conversation, `shown` renders both. Nothing here asks a model or changes a run.
"""
