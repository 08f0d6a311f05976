"""Stories with a real database, a real server and real processes."""
