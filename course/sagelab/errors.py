"""The one exception whose text is meant for the person at the keyboard."""


class SagelabError(Exception):
    """Something that the reader can mend; the message is one sentence that says how."""
