"""Real servers for the tests: private, on loopback, started once a session, gone at its end."""
