"""The messaging platforms, played on loopback: what each delivers, and the API that it offers, as its documentation says them."""
