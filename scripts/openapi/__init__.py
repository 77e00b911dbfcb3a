"""The OpenAPI document: schemas and routes from the code in adapters/http, prose from the YAML files here."""
