"""HTTP: events in, answers in, and the pages people read."""
