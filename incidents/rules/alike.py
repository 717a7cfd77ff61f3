"""What complaints have in common, as a key; and when a dismissed suggestion comes back. Pure."""

from collections.abc import Collection

LONGEST_KEY = 300


def product_key(category_id: int, product: str) -> str:
    """Return the key of a problem with a product; `product` as the database lowers it."""
    return f"product:{category_id}:{product}"[:LONGEST_KEY]


def site_key(category_id: int, site_id: int) -> str:
    """Return the key of a problem at a site."""
    return f"site:{category_id}:{site_id}"


def joint_key(complaint_id: int) -> str:
    """Return the key of a complaint that many persons bring jointly."""
    return f"jointly:{complaint_id}"


def comes_back(found: Collection[int], dismissed: Collection[int], *, growth: int) -> bool:
    """Return whether so much is new since somebody said no that they should look again.

    What was looked at does not count again; only complaints that were not among it do.
    """
    return len(set(found) - set(dismissed)) >= growth
