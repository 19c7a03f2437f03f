"""What the user does in several steps, apart from the screen where it begins."""
