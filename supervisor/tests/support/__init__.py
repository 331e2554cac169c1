"""What several tests need to drive the real commands as a user would."""
