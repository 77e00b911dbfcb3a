"""What requests say: one class per JSON object, the source of its parsing and of its OpenAPI schema.

A route imports those that it needs. Descriptions and examples of the document are in scripts/openapi.
"""
