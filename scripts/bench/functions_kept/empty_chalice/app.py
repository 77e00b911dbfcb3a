"""An empty Chalice function: the least that a request through Chalice costs."""

from chalice import Chalice

app = Chalice(app_name="empty")


@app.route("/api/health")
def health() -> dict[str, str]:
    """It runs."""
    return {"status": "ok"}
