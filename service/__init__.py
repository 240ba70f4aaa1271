"""Compose the service: settings, HTTP application, console script."""
