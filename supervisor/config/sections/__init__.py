"""The keys of every section, each declared once."""
