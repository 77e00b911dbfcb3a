"""The Lambda: settings from the environment, one container, the routes and the handlers.

Lambda and Chalice name handlers by this module: ``app.app`` serves HTTP, ``app.settle_queued_event`` the queue.
"""

from __future__ import annotations

import os

from adapters.container import build_container, warm_up
from adapters.events.queued import make_settle_queued_event
from adapters.http.api import create_app
from adapters.settings import Settings

settings = Settings.from_environment(os.environ)
container = build_container(settings)
app = create_app(settings, container)

settle_queued_event = app.on_sqs_message(queue=settings.queue_name, batch_size=1)(make_settle_queued_event(container))

warm_up(os.environ)
