"""Actions of several steps that are shared by screens."""
