"""The world behind the ports: database, broker, mail, webhooks, and their in-memory twins."""
