"""What everything stands on and what knows no business.

Database, embedded server, desk, clock, ids, outbox, jobs, settings, telemetry.
"""
