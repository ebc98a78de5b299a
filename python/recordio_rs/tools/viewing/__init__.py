"""Images of records, to be looked at."""
