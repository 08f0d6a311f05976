"""The HTTP API. It begins with `GET /healthz`: whether this process can commit."""
