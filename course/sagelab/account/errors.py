"""The error that the account answers with, in AWS's form: a code and a sentence."""


class ApiError(Exception):
    """A refused request; `code` is AWS's name of the error, the text is its message."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code
