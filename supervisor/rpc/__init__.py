"""What clients may ask, by family of methods; protocol-independent."""
