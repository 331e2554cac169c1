"""Rules of the project that no tool knows: rings, sizes, habits, start-up, manual."""
