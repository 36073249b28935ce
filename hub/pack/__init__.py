"""The policy pack: sharing, routing, authority and checks as data; complete, or refused."""
