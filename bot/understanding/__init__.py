"""Understanding of one message: features, noise, classifier. bot/rasa/understanding.py trains and runs it inside Rasa."""
