"""The front door: settings, addresses, the worker's and the web server's entry points."""
