"""What the machine answers, one line an event, in plain tables."""
