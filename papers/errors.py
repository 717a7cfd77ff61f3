"""Why no paper came."""


class PaperError(RuntimeError):
    """A paper could not be made: a fault of the product, not of anybody's input."""
