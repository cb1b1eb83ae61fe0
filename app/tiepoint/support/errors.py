"""Errors whose text is meant for the person at the screen."""


class TiepointError(Exception):
    """A refusal in one plain sentence: what is wrong and what to do about it.

    The window and the command line show ``str(error)`` as it is, without a traceback.
    """
