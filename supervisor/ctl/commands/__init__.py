"""The commands of supervisorctl, one file per family."""
