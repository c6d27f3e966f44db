"""The assistant without Rasa: knowledge, understanding, answers, screening, routing, web."""
