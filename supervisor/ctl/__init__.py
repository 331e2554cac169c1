"""The supervisorctl shell."""
