# The commands of those who keep the assistant. Each brings its own uv and Python (scripts/bootstrap); `make test` alone may install packages, PostgreSQL, HAProxy and Chromium, as root on Debian.

CIC := .venv/bin/cic
RUN_READY := scripts/bootstrap --no-dev --inexact
TEST_READY := scripts/bootstrap
MODEL_CACHE = $${XDG_CACHE_HOME:-$$HOME/.cache}/cic-models
.DEFAULT_GOAL := help
.PHONY: run test train check evaluate bench help
MAKEFLAGS += --no-print-directory --no-builtin-rules

run: ## Installe ce qu'il faut, entraîne le modèle si besoin, démarre l'assistant (Ctrl-C l'arrête)
	@$(RUN_READY)
	@$(CIC) train --if-needed
	@exec $(CIC) run

test: ## Installe ce qu'il faut, vérifie le code et les données, lance tous les tests
	@$(TEST_READY)
	@scripts/test-programs
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(CIC) check
	@$(CIC) train --if-needed --cache "$(MODEL_CACHE)"
	@exec .venv/bin/python scripts/run-tests

train: ## Entraîne le modèle avec les données actuelles
	@$(RUN_READY)
	@$(CIC) train

check: ## Vérifie les connaissances, les données d'entraînement et les réglages
	@$(RUN_READY)
	@$(CIC) check

evaluate: ## Mesure l'assistant qui tourne sur nos cas (SET=dossier pour d'autres)
	@$(RUN_READY)
	@$(CIC) evaluate $(if $(SET),--set "$(SET)")

bench: ## Mesure un message à côté de Rasa par défaut, le démarrage, la croissance, l'entraînement (une demi-heure)
	@$(RUN_READY)
	@$(CIC) train --if-needed
	@$(CIC) bench chat
	@$(CIC) bench start
	@$(CIC) bench growth
	@$(CIC) bench train

help: ## Affiche cette aide
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
