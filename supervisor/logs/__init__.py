"""Log files: rotation, writing, following and reading them."""
