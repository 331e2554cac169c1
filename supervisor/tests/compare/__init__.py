"""The differential suite: the same scenarios against our programs and the reference release."""
