"""TEXT -> TYPED SETTINGS: outside this package nobody sees a raw configuration string."""
