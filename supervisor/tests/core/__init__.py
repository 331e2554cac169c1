"""Tests of the core: tables, stories and laws; nothing here touches the system."""
