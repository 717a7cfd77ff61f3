"""Version 1 of the API, whose names spec and clients rely on: only additions from here on."""
