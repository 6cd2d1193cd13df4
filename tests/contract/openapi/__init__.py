"""The generated OpenAPI documents: valid, served, true."""
