"""Which apps the house has: read from the contract that `make check` enforces."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
FLOORS = tuple(_CONTRACT["importlinter"]["root_packages"])
APPS = tuple(name for name in FLOORS if name != "config")  # config is the front door, no app
