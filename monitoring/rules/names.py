"""How members of a dimension are called in a key: the same for good, whatever they are renamed."""


def product_key(product: str) -> str:
    """Return what tells products apart: case, width of spaces and margins do not."""
    return " ".join(product.split()).casefold()
