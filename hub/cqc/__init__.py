"""What CQC publishes of care: registered locations, their providers, and whose area they are in."""
