"""The web process: public page, chat API, health and metrics. It never imports Rasa; it speaks with it (bot/rasa_client.py)."""
