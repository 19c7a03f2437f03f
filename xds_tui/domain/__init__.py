"""Pure rules and frozen data: no I/O, no clock, no event loop, no terminal."""
