"""HTTP, on werkzeug: the server, the routing tables, JSON answers."""
