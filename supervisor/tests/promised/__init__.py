"""The names promised to third parties: what each of them does."""
