"""From the domain to words, shared by screens and commands."""
