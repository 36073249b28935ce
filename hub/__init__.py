"""Concern Hub tells every agency what it must be told about a provider concern."""
