"""The JSON doors of the desk."""
