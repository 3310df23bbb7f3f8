"""Requests that are made up from the OpenAPI document, right ones and wrong ones: `make fuzz EXAMPLES=1000`."""
