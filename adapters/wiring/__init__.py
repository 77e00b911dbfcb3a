"""How each object of the product is made; ``adapters.container`` puts it together."""
