"""Tests of the vocabulary: what everybody may import."""
