"""What Rasa loads by class path: our input channel and tracker store. The only place in bot/ that imports rasa."""
