"""Rasa's side of the assistant: reads the tracker, calls bot/, utters. No rule, no fact, no sentence of its own."""
